import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderReport } from "../src/report/render-report.ts";
import { decodeResult, encodeResult } from "../src/documents/result-kinds.ts";

/** What version 0.1.0 wrote: whole, in part, out of time, and with NaN in it. */
const FOLDER = new URL("fixtures/results-0.1.0/", import.meta.url);
const FILES = readdirSync(FOLDER);

/** Every value of the old file that the document lacks or has otherwise, by its path. */
function lost(old: unknown, read: unknown, path = ""): string[] {
  if (typeof old !== "object" || old === null) return Object.is(old, read) ? [] : [path];
  if (typeof read !== "object" || read === null) return [path];
  const entries = new Map<string, unknown>(Object.entries(read));
  return Object.entries(old).flatMap(([key, value]) => lost(value, entries.get(key), `${path}/${key}`));
}

describe("results of 0.1.0", () => {
  it.each(FILES)("%s is read, written and shown again with every value it had", async (file) => {
    const text = readFileSync(new URL(file, FOLDER), "utf8");
    const document = decodeResult(text, file);
    expect(lost(JSON.parse(text), JSON.parse(encodeResult(document)))).toEqual([]);
    expect(await renderReport(document)).toMatch(/<\/html>\s*$/);
  });
});
