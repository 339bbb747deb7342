import type { Value } from "../graph/value.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { DeclaredValue } from "./onnx-node.ts";

/** The batch size asked for beside the one that a file was exported with, where it fixes another. */
export interface BatchFit {
  readonly file: string;
  readonly declared: ReadonlyMap<string, DeclaredValue>;
  readonly asked: number;
  readonly exported: number | undefined;
}

/**
 * Reshapes with a fixed batch in them may mix examples silently when another batch is pushed through:
 * refuses outputs whose first axis was as long as the exported batch and did not follow the one asked for.
 */
export function checkBatch(outputs: ReadonlyMap<string, Value>, fit: BatchFit): void {
  const { asked, exported, declared } = fit;
  if (exported === undefined) return;
  for (const [name, { shape }] of outputs) {
    const first = declared.get(name)?.shape[0];
    const follows = first === undefined ? shape.includes(asked) : first !== exported || shape[0] === asked;
    if (shape.length > 0 && !follows)
      throw fixedBatchError(fit, `its output ${name} comes out with the shape [${shape.join(", ")}]`);
  }
}

/** An error met while another batch than the exported one was pushed through, with that as the likely reason. */
export function withBatchHint(error: unknown, fit: BatchFit): unknown {
  return fit.exported !== undefined && error instanceof ThalwegError
    ? fixedBatchError(fit, error.message, error)
    : error;
}

function fixedBatchError({ file, asked, exported }: BatchFit, why: string, cause?: ThalwegError): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "fixed-batch",
    message: `The model was exported for batches of ${exported} and cannot take ${asked} examples: ${why.replace(/\.$/, "")}.`,
    where: { ...cause?.where, file },
    hint: `Export it with a dynamic batch axis (dynamic_axes), or use the batch size ${exported}.`,
    cause,
  });
}
