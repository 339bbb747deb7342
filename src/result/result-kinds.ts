import { z } from "zod";
import { ThalwegError } from "../util/thalweg-error.ts";
import { applyResult } from "./apply-result.ts";
import { benchResult } from "./bench-result.ts";
import { checkResult } from "./check-result.ts";
import { envelope } from "./envelope.ts";
import { inspectResult } from "./inspect-result.ts";
import { profileResult } from "./profile-result.ts";

/** The document of every kind of result, by kind. */
export const RESULT_KINDS = {
  profile: envelope("profile", profileResult),
  bench: envelope("bench", benchResult),
  apply: envelope("apply", applyResult),
  check: envelope("check", checkResult),
  inspect: envelope("inspect", inspectResult),
};

export type ResultKind = keyof typeof RESULT_KINDS;
export type ResultDocument<K extends ResultKind = ResultKind> = z.output<(typeof RESULT_KINDS)[K]>;

const [firstKind, ...otherKinds] = Object.values(RESULT_KINDS);
const anyDocument = z.discriminatedUnion("schema", [firstKind, ...otherKinds]);

/**
 * A result as JSON text: finite numbers, and "NaN", "Infinity" or "-Infinity" where a number is none.
 * Numbers keep every bit; keys keep the order of the schema, so equal results are equal bytes.
 *
 * @throws internal error `result-schema` when the document does not have the form of its kind
 */
export function encodeResult(document: ResultDocument): string {
  const encoded = z.safeEncode(anyDocument, document);
  if (!encoded.success) {
    throw new ThalwegError({
      kind: "internal",
      code: "result-schema",
      message: `The result does not have the form of ${document.schema}: ${firstIssue(encoded.error)}.`,
      cause: encoded.error,
    });
  }
  return `${JSON.stringify(encoded.data, undefined, 2)}\n`;
}

/**
 * Reads a result of any kind.
 *
 * @throws input error `not-json`, `not-a-result`
 *
 * @example
 * const document = decodeResult(text);
 * if (document.schema === "thalweg/profile@1") document.result.hessian.top;
 */
export function decodeResult(text: string, file?: string): ResultDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ThalwegError({
      kind: "input",
      code: "not-json",
      message: "The file is not JSON.",
      where: { file },
      cause,
    });
  }
  const decoded = anyDocument.safeParse(json);
  if (decoded.success) return decoded.data;
  throw new ThalwegError({
    kind: "input",
    code: "not-a-result",
    message: `The file is not a result that this version reads: ${firstIssue(decoded.error)}.`,
    where: { file },
    hint: "Give the result.json of a run.",
    cause: decoded.error,
  });
}

/** The JSON Schema (draft 2020-12) of a kind's file. */
export function resultJsonSchema(kind: ResultKind): object {
  return z.toJSONSchema(RESULT_KINDS[kind], { io: "input", reused: "ref" });
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const place = issue.path.map(String).join(".");
  return place === "" ? issue.message : `${place}: ${issue.message}`;
}
