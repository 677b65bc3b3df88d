import type { z } from 'zod';
import { ACCESS_POINT_API } from '#libs/contracts';

/** What the vault keeps of a refusal: the true ground, the items and the reason, as the officer gave them. */
export const refusalPlaintext = ACCESS_POINT_API.refuse.body;
export type RefusalPlaintext = z.output<typeof refusalPlaintext>;
