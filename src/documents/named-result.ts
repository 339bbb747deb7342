import { z } from "zod";
import type { NamedResult } from "../compare/compare-results.ts";
import { encodeResult, kindOf, type ResultDocument, schemaOf } from "./result-kinds.ts";

/** A result ready to be compared, whatever its kind. */
export function namedResult(path: string, sha256: string, document: ResultDocument): NamedResult {
  const kind = kindOf(document);
  return { path, sha256, kind, shape: schemaOf(kind), document, result: resultJson(document) };
}

/** What a result found, as its file holds it. */
export function resultJson(document: ResultDocument): unknown {
  return z.object({ result: z.unknown() }).parse(JSON.parse(encodeResult(document))).result;
}
