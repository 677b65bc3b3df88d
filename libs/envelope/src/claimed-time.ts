/**
 * When the signer of an envelope says that it signed: for asking which keys were active then. Read before the signature is verified, so it must not be used for
 * anything else; the time of reading where it says nothing.
 */
export function claimedTime(jws: string): Date {
  try {
    const payload: unknown = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString());
    const time = new Date(String((payload as { time?: unknown }).time));
    return Number.isNaN(time.getTime()) ? new Date() : time;
  } catch {
    return new Date();
  }
}
