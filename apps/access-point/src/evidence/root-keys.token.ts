/** Injection token of the pinned `RootKeys` of lib `trust`. */
export const ROOT_KEYS = Symbol('serai.root-keys');
