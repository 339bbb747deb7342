const LETTERS = Uint8Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", (letter) =>
  letter.charCodeAt(0),
);

/**
 * Bytes as text (RFC 4648, §4). Cost: some milliseconds a megabyte, where `btoa` wants them as letters first.
 *
 * @example
 * base64Of(Uint8Array.of(1, 2)); // "AQI="
 */
export function base64Of(bytes: Uint8Array): string {
  const rest = bytes.length % 3;
  const whole = bytes.length - rest;
  const letters = new Uint8Array((whole / 3) * 4);
  for (let from = 0, to = 0; from < whole; from += 3, to += 4) {
    const three = (bytes[from] << 16) | (bytes[from + 1] << 8) | bytes[from + 2];
    letters[to] = LETTERS[three >>> 18];
    letters[to + 1] = LETTERS[(three >>> 12) & 63];
    letters[to + 2] = LETTERS[(three >>> 6) & 63];
    letters[to + 3] = LETTERS[three & 63];
  }
  return new TextDecoder().decode(letters) + btoa(String.fromCharCode(...bytes.subarray(whole)));
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
