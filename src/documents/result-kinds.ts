import { z } from "zod";
import { EXPERIMENTS } from "../experiments/registry.ts";
import { requireArgument } from "../util/require-argument.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { doctorDocument } from "../result/doctor-document.ts";
import { errorDocument } from "../result/error-document.ts";
import { explainDocument } from "../result/explain-document.ts";
import { netsDocument } from "../result/nets-document.ts";
import { planDocument } from "../result/plan-document.ts";
import { workDocument } from "../result/work-document.ts";
import { kindsOf } from "./kinds-of.ts";
import { repeatDocument } from "../result/repeat-document.ts";

/** What comes of no run. */
const OTHER_KINDS = {
  plan: planDocument,
  doctor: doctorDocument,
  explain: explainDocument,
  nets: netsDocument,
  repeat: repeatDocument,
  work: workDocument,
  error: errorDocument,
};

/** The document of every kind of result, by kind. */
export const RESULT_KINDS = kindsOf(EXPERIMENTS, Object.keys(OTHER_KINDS));

/** Every JSON document that the command line prints: results, and what comes of no run. */
export const DOCUMENT_KINDS = { ...RESULT_KINDS, ...OTHER_KINDS };

export type ResultKind = keyof typeof RESULT_KINDS;
export type DocumentKind = keyof typeof DOCUMENT_KINDS;
export type JsonDocument = z.output<(typeof DOCUMENT_KINDS)[DocumentKind]>;
export type ResultDocument<K extends ResultKind = ResultKind> = z.output<(typeof RESULT_KINDS)[K]>;

const KINDS = Object.keys(RESULT_KINDS).filter((kind): kind is ResultKind => kind in RESULT_KINDS);

const [firstResult, ...otherResults] = Object.values(RESULT_KINDS);
const anyResult = z.discriminatedUnion("schema", [firstResult, ...otherResults]);
const [firstDocument, ...otherDocuments] = Object.values(DOCUMENT_KINDS);
const anyDocument = z.discriminatedUnion("schema", [firstDocument, ...otherDocuments]);

/**
 * A result, or another document, as JSON text: finite numbers, and "NaN", "Infinity" or "-Infinity" where a number is none.
 * Numbers keep every bit; keys keep the order of the schema, so equal results are equal bytes.
 *
 * @throws usage error `bad-argument`; internal error `result-schema` when the document does not have the form of its kind
 */
export function encodeResult(document: JsonDocument): string {
  requireArgument("document", "encodeResult", z.looseObject({ schema: z.string() }), document);
  const encoded = z.safeEncode(anyDocument, document);
  if (!encoded.success) {
    throw new ThalwegError({
      kind: "internal",
      code: "result-schema",
      message: `The result does not have the form of ${document.schema}: ${firstIssue(encoded.error)}.`,
      hint: "Results come from profile, readResult or decodeResult, and are written as they came.",
      cause: encoded.error,
    });
  }
  return `${JSON.stringify(encoded.data, undefined, 2)}\n`;
}

/**
 * Reads a result of any kind.
 *
 * @throws usage error `bad-argument`; input error `not-json`, `not-a-result`
 *
 * @example
 * const document = decodeResult(text);
 * if (document.schema === "thalweg/profile@1") document.result.hessian.top;
 */
export function decodeResult(text: string, file?: string): ResultDocument {
  requireArgument("text", "decodeResult", z.string(), text);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ThalwegError({
      kind: "input",
      code: "not-json",
      message: `${file ?? "The file"} is not JSON.`,
      where: { file },
      hint: "Give the result.json of a run, whole and as it was written.",
      cause,
    });
  }
  return readResult(json, file);
}

/**
 * Reads a result that is JSON already.
 *
 * @throws input error `not-a-result`
 */
export function readResult(json: unknown, file?: string): ResultDocument {
  const decoded = anyResult.safeParse(json);
  if (decoded.success) return decoded.data;
  throw notAResult(json, decoded.error, file);
}

/**
 * Stops at a document that is no result as it is read or measured.
 *
 * @throws input error `not-a-result`
 */
export function requireResult(document: ResultDocument): void {
  const encoded = z.safeEncode(anyResult, document);
  if (!encoded.success) throw notAResult(document, encoded.error);
}

function notAResult(json: unknown, cause: z.ZodError, file?: string): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "not-a-result",
    message: `${file ?? "This"} is not a result that this version reads: ${unreadSchema(json) ?? firstIssue(cause)}.`,
    where: { file },
    hint: "Give the result.json of a run.",
    cause,
  });
}

/** The kind of a result. */
export function kindOf({ schema }: ResultDocument): ResultKind {
  const kind = KINDS.find((each) => RESULT_KINDS[each].shape.schema.value === schema);
  if (kind !== undefined) return kind;
  throw new ThalwegError({
    kind: "internal",
    code: "unknown-kind",
    message: `There is no kind of result "${schema}".`,
  });
}

/** What stands in `result` of that kind. */
export function schemaOf(kind: ResultKind): z.ZodType {
  return RESULT_KINDS[kind].shape.result;
}

/**
 * The JSON Schema (draft 2020-12) of a kind of document.
 *
 * @throws usage error `bad-argument`
 */
export function resultJsonSchema(kind: DocumentKind): object {
  requireArgument("kind", "resultJsonSchema", z.enum(Object.keys(DOCUMENT_KINDS)), kind);
  return z.toJSONSchema(DOCUMENT_KINDS[kind], { io: "input", reused: "ref" });
}

/** The schema of a document that is none of a result that this version knows. */
function unreadSchema(json: unknown): string | undefined {
  const named = z.object({ schema: z.string() }).safeParse(json);
  if (!named.success) return "it has no schema";
  const { schema } = named.data;
  return KINDS.some((kind) => RESULT_KINDS[kind].shape.schema.value === schema)
    ? undefined
    : `its schema is "${schema}"`;
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const place = issue.path.map(String).join(".");
  return place === "" ? issue.message : `${place}: ${issue.message}`;
}
