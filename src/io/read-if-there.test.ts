import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readIfThere } from "./read-if-there.ts";

const folder = mkdtempSync(join(tmpdir(), "thalweg-read-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("reads what is there, nothing where nothing is, and says what cannot be read", () => {
  writeFileSync(join(folder, "there"), "text");
  symlinkSync(join(folder, "round"), join(folder, "round"));
  expect(readIfThere(join(folder, "there"))).toBe("text");
  expect(readIfThere(join(folder, "none"))).toBeUndefined();
  expect(() => readIfThere(join(folder, "round"))).toThrow(/round cannot be read/);
});
