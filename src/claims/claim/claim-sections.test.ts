import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeResult } from "../../documents/result-kinds.ts";
import { claimSections } from "./claim-sections.ts";

test("a walk that diverged stands in the table as ∞, which a document holds", () => {
  const document = decodeResult(readFileSync("examples/claim.json", "utf8"));
  if (document.schema !== "thalweg/claim@1") throw new RangeError(document.schema);
  const [first, ...rest] = document.result.evidence;
  const [section] = claimSections({ ...document.result, evidence: [{ ...first, measured: Infinity }, ...rest] });
  expect(section.table?.rows[0][1]).toBe("∞");
});
