import type { ModelFile } from "../onnx/decode-model.ts";
import { isFloat } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/** Errors that may be of the output that was taken, where the labels belong to another. */
const OF_OUTPUTS = new Set(["loss-not-clear", "label-outside-classes"]);

const SHOWN = 4;

/** The output that was taken, and those that cannot be. */
interface Taken {
  readonly output: string;
  readonly unread: readonly string[];
}

/** The error with the model's other outputs in its hint, where none was asked for by name and the labels do not fit the first. */
export function withOtherOutputs(
  error: unknown,
  model: ModelFile,
  asked: string | undefined,
  taken: Taken = { output: model.graph.outputs[0], unread: [] },
): unknown {
  if (!(error instanceof ThalwegError) || asked !== undefined || !OF_OUTPUTS.has(error.code)) return error;
  const { output, unread } = taken;
  const others = model.outputs.filter(({ name, dtype }) => name !== output && isFloat(dtype) && !unread.includes(name));
  if (others.length === 0) return error;
  const listed = others
    .slice(0, SHOWN)
    .map(({ name, shape }) => `--output ${name} [${shape.map((extent) => extent ?? "?").join(", ")}]`);
  const more = others.length > SHOWN ? ", …" : "";
  const { kind, code, message, where, hint, cause } = error;
  return new ThalwegError({
    kind,
    code,
    message,
    where,
    hint: `${hint === undefined ? "" : `${hint} `}The output ${output} was taken, the first${unread.length > 0 ? " that can be read" : ""}; if the labels are of another: ${listed.join(" or ")}${more}.`,
    cause,
  });
}
