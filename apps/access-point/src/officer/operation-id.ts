/** Metadata key under which a controller method names its operation. */
export const OPERATION_ID = Symbol('serai.operation');
