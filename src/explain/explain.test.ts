import { readdirSync } from "node:fs";
import temml from "temml";
import { describe, expect, it } from "vitest";
import { FAMILIES, TERMS } from "./registry.ts";

describe("the glossary", () => {
  const names = TERMS.map(({ name }) => name);

  it("has every term once, with references that lead somewhere", () => {
    expect(new Set(names).size).toBe(names.length);
    for (const { name, see } of TERMS) {
      expect(see).not.toContain(name);
      for (const other of see) expect(names).toContain(other);
    }
  });

  it("has a folder for each subject, and every file of it", () => {
    const folders = readdirSync("src/explain", { withFileTypes: true }).filter((each) => each.isDirectory());
    const files = folders.flatMap(({ name }) => readdirSync(`src/explain/${name}`));
    expect(FAMILIES).toHaveLength(folders.length);
    expect(TERMS).toHaveLength(files.filter((file) => file !== "family.ts").length);
  });

  it.each(TERMS.map((term) => [term.name, term] as const))(
    "explains %s in whole sentences and valid TeX",
    (_name, term) => {
      expect(term.text).toMatch(/[.)]$/);
      expect(term.measured).toMatch(/[.)]$/);
      expect(term.source).toMatch(/\d{4}/);
      expect(() => temml.renderToString(term.formula, { throwOnError: true })).not.toThrow();
    },
  );
});
