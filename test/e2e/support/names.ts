/** `urn:serai:desk:iq:ncc` of `iq` and `ncc`. */
export const deskUrnOf = (participant: string, desk: string): string => `urn:serai:desk:${participant}:${desk}`;
