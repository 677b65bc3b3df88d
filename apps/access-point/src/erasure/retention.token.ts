/** Injection token of the days after its end for which the content of a leg is kept; 0 keeps it until somebody erases it. */
export const RETENTION_DAYS = Symbol('serai.retention-days');
