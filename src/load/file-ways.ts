import type { ModelFile } from "../onnx/decode-model.ts";
import { copyOf } from "../onnx/tensor-tie.ts";
import type { FloatType, Tensor } from "../util/tensor.ts";
import type { ProofBench } from "./load-proof.ts";
import { abortingNode } from "./aborting-node.ts";
import { ownPrecision } from "./prove-import.ts";
import { modelBytes } from "./read-model.ts";
import { rewriteFile } from "./rewrite-file.ts";

/** A way to run a file, and what has to be said where it is this one that serves. */
export interface FileWay {
  readonly file: string | Uint8Array;
  readonly model: ModelFile;
  readonly precision?: FloatType;
  /** Whether its weights are those that are measured. */
  readonly isMeasured: boolean;
  readonly remark?: string;
}

/** The ways in the order of what they prove; each is tried where those before could not be gone. */
export function* fileWays({ source, problem }: ProofBench): Generator<FileWay> {
  const { path, model, original, made } = source;
  const own = original ?? model;
  const isWide = ownPrecision(own) === "float64";
  const names = [...(problem.options.draws?.keys() ?? [])];
  if (abortingNode(own, names) !== undefined) return;
  // What the file would draw anew in every run is fed to it, as to the imported graph.
  const drawn = names.length > 0 ? { names, precision: ownPrecision(own) } : undefined;
  const narrow = "It was run in float32, since ONNX Runtime has no float64 kernels for it.";
  const others = "It was run with the file's own weights, since those of --weights cannot be put into the file.";
  if (original) {
    const tensors = replacedTensors(model, original);
    const file = rewriteFile(modelBytes(source), { tensors, drawn });
    if (file) yield { file, model, isMeasured: true };
    const narrowed = isWide ? rewriteFile(modelBytes(source), { tensors, drawn, narrow: true }) : undefined;
    if (narrowed) yield { file: narrowed, model, precision: "float32", isMeasured: true, remark: narrow };
  }
  const remark = original ? others : undefined;
  const isMeasured = original === undefined;
  const file = drawn ? rewriteFile(modelBytes(source), { drawn }) : (made ?? path);
  if (file === undefined) return;
  yield { file, model: own, isMeasured, remark };
  const narrowed = isWide ? rewriteFile(modelBytes(source), { drawn, narrow: true }) : undefined;
  if (!narrowed) return;
  const remarks = [narrow, remark].filter(Boolean).join(" ");
  yield { file: narrowed, model: own, precision: "float32", isMeasured, remark: remarks };
}

/**
 * The tensors that differ from the file's, what the file holds of them a second time, and those that keep the numbers
 * which the file stores with one of them, once for both.
 */
export function replacedTensors(model: ModelFile, original: ModelFile): Map<string, Tensor> {
  const replaced = new Map(
    [...model.tensors].flatMap(([name, { tensor }]) =>
      tensor && tensor !== original.tensors.get(name)?.tensor ? [[name, tensor] as const] : [],
    ),
  );
  const stored = new Set([...replaced.keys()].map((name) => original.tensors.get(name)?.tensor));
  for (const [name, { tensor }] of model.tensors) if (tensor && stored.has(tensor)) replaced.set(name, tensor);
  // A copy of a copy comes behind it.
  for (const tie of model.ties) {
    const owner = replaced.get(tie.owner);
    if (owner) replaced.set(tie.copy, copyOf(owner, tie));
  }
  return replaced;
}
