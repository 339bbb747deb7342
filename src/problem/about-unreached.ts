import type { Value } from "../graph/value.ts";
import { listOf } from "../onnx/intake-error.ts";
import { unreachedParameters } from "./unreached-parameters.ts";
import { sizeOf } from "../util/tensor.ts";

export interface UnreachedQuestion {
  /** The output that counts, by name, and its value. */
  readonly output: string;
  readonly values: Value;
  readonly parameters: ReadonlyMap<string, Value>;
  /** The outputs of the model by name. */
  readonly outputs: readonly string[];
  /** Names under which tensors are shown. */
  readonly labels: ReadonlyMap<string, string>;
}

/**
 * What it means that parameters do not enter the output that counts, those of another head for instance;
 * undefined where all do.
 */
export function aboutUnreached({ output, values, parameters, outputs, labels }: UnreachedQuestion): string | undefined {
  const names = unreachedParameters([values], parameters);
  if (names.length === 0) return undefined;
  const count = (of: Iterable<Value | undefined>) =>
    [...of].reduce((sum, value) => sum + (value ? sizeOf(value.shape) : 0), 0);
  const numbers = count(names.map((name) => parameters.get(name)));
  const shown = listOf(
    names.map((name) => labels.get(name) ?? name),
    3,
  );
  const other = outputs.length > 1 ? `--output takes another of ${outputs.join(", ")}; ` : "";
  return `The output ${output} does not depend on ${names.length} of ${parameters.size} tensors (${numbers} of ${count(parameters.values())} parameters): ${shown}. Gradient and curvature of the loss with respect to them are 0, and each of these parameters is a flat direction of its own; ${other}--params chooses the tensors that count.`;
}
