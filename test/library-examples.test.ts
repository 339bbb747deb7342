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

const INDEX = readFileSync(new URL("../src/index.ts", import.meta.url), "utf8");

/** The functions that index.ts gives out from the room of the library, by file. */
const exported = [...INDEX.matchAll(/export \{([^}]*)\} from "(.\/library\/[^"]+)"/g)].map(([, names, file]) => ({
  file,
  names: names
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type ")),
}));
const given = exported.flatMap(({ names }) => names);
const examples = exported.flatMap(({ file, names }) =>
  examplesOf(readFileSync(new URL(`../src/${file}`, import.meta.url), "utf8")).filter(({ name }) =>
    names.includes(name),
  ),
);

describe("the examples of the library", () => {
  it("belong to every function", () => {
    expect(given.length).toBeGreaterThan(20);
    expect(examples.map(({ name }) => name).sort()).toEqual(given.sort());
    for (const { code } of examples) expect(code).toContain("// →");
  });

  it.each(examples.map(({ name, code }) => [name, code] as const))("%s", async (_name, code) => {
    const folder = mkdtempSync(join(tmpdir(), "examples-"));
    await runExample(code, { ...library, folder }, compare);
  });
});
