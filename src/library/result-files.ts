import { z } from "zod";
import type { ResultDocument } from "../documents/result-kinds.ts";
import { openResult } from "../io/open-result.ts";
import { writeFileAtomically } from "../io/write-atomically.ts";
import { requireArgument } from "../util/require-argument.ts";
import { renderReport, type Shown } from "./results.ts";

/**
 * Reads a result back: the folder of a run, or its result.json, whichever experiment and version wrote it.
 *
 * @throws usage error `bad-argument`; input error `not-a-run`, `run-unfinished`, `not-json`, `not-a-result`, and where the file cannot be read
 *
 * @example
 * const result = readResult("test/fixtures/results-0.1.0/profile-digits.json");
 * result.schema; // → "thalweg/profile@1"
 */
export function readResult(path: string): ResultDocument {
  requireArgument("path", "readResult", z.string(), path);
  return openResult(path).document;
}

/**
 * Writes the report of a result, as `thalweg` writes it beside the result: one HTML file that needs nothing else.
 *
 * @throws input error where the file cannot be written; usage error `bad-argument`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 100 });
 * const found = await profile(problem, { only: "eigenvalues", top: 1, bottom: 1 });
 * await writeReport(`${folder}/report.html`, found);
 * found.document.schema; // → "thalweg/profile@1"
 */
export async function writeReport(path: string, shown: Shown): Promise<void> {
  requireArgument("path", "writeReport", z.string(), path);
  writeFileAtomically(path, await renderReport(shown));
}
