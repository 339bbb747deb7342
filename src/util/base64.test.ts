import fc from "fast-check";
import { expect, it } from "vitest";
import { base64Of, bytesOfBase64 } from "./base64.ts";

it("is what Node's own is, and gives back every byte", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => {
      const text = base64Of(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(Buffer.from(bytesOfBase64(text)).equals(Buffer.from(bytes))).toBe(true);
    }),
  );
});
