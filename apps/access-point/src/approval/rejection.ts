import { ACCESS_POINT_API } from '#libs/contracts';

/** What the vault keeps of a proposal that was rejected: why. */
export const rejection = ACCESS_POINT_API.reject.body;
