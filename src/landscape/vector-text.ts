import { z } from "zod";

/** Numbers that one call turns into characters; more arguments than engines take at once there must not be. */
const AT_ONCE = 2 ** 12;

/** A vector in JSON: the bytes of its numbers (float64, little-endian) in base 64, so that what is read is what was written, bit for bit. */
export const vectorText = z.codec(
  z.string(),
  z.custom<Float64Array>((value) => value instanceof Float64Array),
  {
    decode: (text) => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      return new Float64Array(bytes.buffer);
    },
    encode: (vector) => {
      const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
      const pieces: string[] = [];
      for (let at = 0; at < bytes.length; at += AT_ONCE)
        pieces.push(String.fromCharCode(...bytes.subarray(at, at + AT_ONCE)));
      return btoa(pieces.join(""));
    },
  },
);
