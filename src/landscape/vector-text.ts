import { z } from "zod";
import { base64Of, bytesOfBase64 } from "../util/base64.ts";

/** A vector in JSON: the bytes of its numbers (float64, little-endian) in base 64, so that what is read is what was written, bit for bit. */
export const vectorText = z.codec(
  z.string(),
  z.custom<Float64Array>((value) => value instanceof Float64Array),
  {
    decode: (text) => new Float64Array(bytesOfBase64(text).buffer),
    encode: (vector) => base64Of(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)),
  },
);
