/** Numbers that one call turns into characters; more arguments than engines take at once there must not be. */
const AT_ONCE = 2 ** 12;

/**
 * Bytes as text (RFC 4648, §4). Cost: some milliseconds a megabyte.
 *
 * @example
 * base64Of(Uint8Array.of(1, 2)); // "AQI="
 */
export function base64Of(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += AT_ONCE)
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + AT_ONCE)));
  return btoa(pieces.join(""));
}

/**
 * The bytes of such a text. Cost: some milliseconds a megabyte, where an iterator over its letters takes a second.
 *
 * @throws DOMException for a text that is none
 *
 * @example
 * bytesOfBase64("AQI="); // Uint8Array [1, 2]
 */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
