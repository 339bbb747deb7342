import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as library from "../src/index.ts";
import { examplesOf, runExample } from "./support/docstring-examples.ts";

function compare(found: unknown, expected: unknown): void {
  if (typeof found === "number" && typeof expected === "number") {
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(2e-4 * Math.abs(expected));
  } else if (found instanceof Float64Array && Array.isArray(expected)) {
    expect(found.length).toBe(expected.length);
    found.forEach((each, i) => compare(each, expected[i]));
  } else {
    expect(found).toEqual(expected);
  }
}

const examples = examplesOf(readFileSync(new URL("../src/index.ts", import.meta.url), "utf8"));

describe("the examples of the library", () => {
  it("belong to every function", () => {
    const functions = Object.entries(library).flatMap(([name, value]) =>
      typeof value === "function" && examples.some((each) => each.name === name) ? [name] : [],
    );
    expect(functions.sort()).toEqual(examples.map(({ name }) => name).sort());
    for (const { code } of examples) expect(code).toContain("// →");
  });

  it.each(examples.map(({ name, code }) => [name, code] as const))("%s", async (_name, code) => {
    const folder = mkdtempSync(join(tmpdir(), "examples-"));
    await runExample(code, { ...library, folder }, compare);
  });
});
