import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DOCUMENT_KINDS } from "../src/documents/result-kinds.ts";
import { EXPERIMENTS } from "../src/experiments/registry.ts";
import { runHere } from "./support/run-here.ts";

const FOLDER = fileURLToPath(new URL("../examples/", import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

/** Those whose results are of the folders of other runs, of times, or a list that grows. */
const WITHOUT = new Set(["compare", "topology-of-runs", "bench", "claims"]);

describe("the committed examples", () => {
  it("are of every experiment whose numbers can come out again", () => {
    const shown = new Set(files.map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")).schema));
    const missing = EXPERIMENTS.filter(
      ({ name, document }) => !WITHOUT.has(name) && !shown.has(`thalweg/${document}@1`),
    ).map(({ name }) => name);
    expect(missing).toEqual([]);
  });

  it.each(files)(
    "%s: `thalweg run` gives its numbers again",
    async (name) => {
      const before = readdirSync(FOLDER);
      const { code, out, err } = await runHere(["run", name, "--json", "-q"], FOLDER);
      expect(code, err + out).toBe(0);
      const found = DOCUMENT_KINDS.repeat.parse(JSON.parse(out));
      expect(found).toMatchObject({ agree: true, differences: [], changed: [], unshared: [], gone: [] });
      expect(found.shared).toBeGreaterThan(0);
      expect(readdirSync(FOLDER)).toEqual(before);
    },
    120_000,
  );
});
