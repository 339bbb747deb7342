import type { Value } from "../graph/value.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { ImportedGraph } from "../onnx/import-graph.ts";
import { isFloat } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { unknownOutput } from "./unknown-output.ts";

/** The output of a model that its loss takes. */
export interface CountedOutput {
  readonly name: string;
  readonly values: Value;
}

/**
 * The output asked for, else the first of the file. One of whole numbers or of no tensor at all, as the classes that a
 * pipeline answers with, is passed over where it cannot be imported; one of floats never, since another in its place
 * would be another network's loss.
 *
 * @throws usage error `unknown-output`; input error `unsupported-operator` where the output cannot be imported
 */
export function countedOutput(
  model: ModelFile,
  { outputs, leftOut }: Pick<ImportedGraph, "outputs" | "leftOut">,
  asked?: string,
): CountedOutput {
  const isOfFloats = (each: string) => [model.declared.get(each)?.dtype].some((dtype) => dtype && isFloat(dtype));
  const ofFile = model.graph.outputs.find((each) => outputs.has(each) || isOfFloats(each));
  const name = asked ?? ofFile ?? [...outputs.keys()][0];
  const values = outputs.get(name);
  if (values) return { name, values };
  const refusal = leftOut.get(name);
  throw refusal ? unreadOutput(name, refusal, outputs) : unknownOutput(name, outputs.keys());
}

const SHOWN = 4;

function unreadOutput(
  output: string,
  { kind, code, message, where, hint }: ThalwegError,
  outputs: ReadonlyMap<string, Value>,
): ThalwegError {
  const others = [...outputs].flatMap(([name, { dtype }]) => (isFloat(dtype) ? [name] : []));
  const flags = others.slice(0, SHOWN).map((name) => `--output ${name}`);
  const instead = `To take another output: ${flags.join(" or ")}${others.length > SHOWN ? ", …" : ""}.`;
  return new ThalwegError({
    kind,
    code,
    message: `The output ${output} cannot be computed. ${message}`,
    where,
    hint: [hint, others.length > 0 ? instead : undefined].filter((each) => each !== undefined).join(" ") || undefined,
  });
}
