import type { LazyArray } from "../files/lazy-array.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { fingerprint, isFingerprint } from "../onnx/fixed-values.ts";
import { isFloat, sizeOf, type Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { listed } from "./choose-parameters.ts";

/** A model with other weights, and what of either has no counterpart in the other. */
export interface ReplacedWeights {
  readonly model: ModelFile;
  /**
   * Numbers of the file that the model has no place for, by name: floats that it has no tensor for, unless another name
   * brings them, and whole numbers that differ from the model's. The network that was saved may use them.
   */
  readonly leftOut: readonly string[];
  /** Statistics of the model that the file does not have: they stay what they were, at other weights. */
  readonly kept: readonly string[];
}

/**
 * The model with its tensors replaced by those of the same name. Every parameter must be there with
 * its shape; statistics and constants are replaced where the file has them. Where the model holds one
 * parameter twice, the file may hold both, with the same numbers. Numbers that a float64 training left keep their digits, though the
 * model is float32: in which arithmetic they are used is for whoever measures.
 *
 * @throws ThalwegError `weights-missing`, `weights-shape`, `weights-quantised`, `weights-tied`, `not-finite`
 */
export function replaceWeights(
  model: ModelFile,
  arrays: ReadonlyMap<string, LazyArray>,
  file: string,
): ReplacedWeights {
  const replaced = new Map(
    fittingArrays(model, arrays, file).map(([name, array, old]) => [name, converted(array, old)] as const),
  );
  // Constants may hold what they like: a mask is made of −∞.
  for (const { name } of [...model.parameters, ...model.statistics]) requireFinite(name, replaced.get(name), file);
  checkTies(model, arrays, replaced, file);
  const store = <K extends { readonly tensor: Tensor | undefined }>(name: string, stored: K): K => {
    const tensor = replaced.get(name);
    return tensor ? { ...stored, tensor } : stored;
  };
  const swap = <K extends { readonly tensor: Tensor | undefined }>(tensors: ReadonlyMap<string, K>) =>
    new Map([...tensors].map(([name, stored]) => [name, store(name, stored)] as const));
  return {
    model: {
      ...model,
      parameters: model.parameters.map((parameter) => {
        const data = replaced.get(parameter.name)?.data;
        return data instanceof Float32Array || data instanceof Float64Array ? { ...parameter, data } : parameter;
      }),
      tensors: swap(model.tensors),
      graph: { ...model.graph, initializers: swap(model.graph.initializers) },
    },
    kept: model.statistics.flatMap(({ name, dtype }) => (isFloat(dtype) && !replaced.has(name) ? [name] : [])),
    leftOut: leftOut(model, arrays, replaced),
  };
}

/** How Hugging Face's libraries call one file of several. */
const SHARD = /-\d+-of-\d+\.safetensors$/;

/**
 * What a file replaces, each array with the tensor of the model that it fits; no number of it is read.
 *
 * @throws ThalwegError `weights-missing`, `weights-shape`, `weights-quantised`
 */
export function fittingArrays(
  model: Pick<ModelFile, "file" | "parameters" | "tensors">,
  arrays: ReadonlyMap<string, LazyArray>,
  file: string,
): (readonly [name: string, array: LazyArray, old: Tensor])[] {
  const missing = model.parameters.map(({ name }) => name).filter((name) => !arrays.has(name));
  if (missing.length > 0) {
    throw new ThalwegError({
      kind: "input",
      code: "weights-missing",
      message: `${file} lacks ${missing.length} of the ${model.parameters.length} parameters of ${model.file}: ${listed(missing)}; it holds ${listed([...arrays.keys()])}.`,
      where: { file, parameter: missing[0] },
      hint: SHARD.test(file)
        ? `It is one of several files that hold the weights: give their index, ${file.replace(SHARD, ".safetensors.index.json")}.`
        : "Save the tensors under the names that `thalweg inspect MODEL` lists.",
    });
  }
  return [...arrays].flatMap(([name, array]) => {
    const old = model.tensors.get(name)?.tensor;
    if (old === undefined || !isFloat(old.dtype)) return [];
    requireShape(name, array, old, file);
    requireFloats(name, array, old, file);
    return [[name, array, old] as const];
  });
}

function leftOut(
  { tensors, ties }: ModelFile,
  arrays: ReadonlyMap<string, LazyArray>,
  replaced: ReadonlyMap<string, Tensor>,
): string[] {
  const copies = new Set(ties.map(({ copy }) => copy));
  return [...arrays].flatMap(([name, array]) => {
    if (replaced.has(name) || copies.has(name)) return [];
    const mine = tensors.get(name)?.tensor;
    // Whole numbers that the model has no tensor for are counts of steps, positions: none that was trained.
    const isLost = isFloat(array.dtype) ? !isBrought(array, replaced) : mine !== undefined && differs(array, mine);
    return isLost ? [name] : [];
  });
}

/** Whether the numbers come under another name, moved or not: the checkpoint names what the network ties twice. */
function isBrought(array: LazyArray, replaced: ReadonlyMap<string, Tensor>): boolean {
  const alike = [...replaced.values()].filter(({ data }) => data.length === sizeOf(array.shape));
  if (alike.length === 0) return false;
  const { data } = array.read();
  const single = { dtype: "float32", shape: array.shape, data: Float32Array.from(data) } as const;
  if (!isFingerprint(single)) return false;
  const mark = fingerprint(single);
  return alike.some(({ data: theirs }) => fingerprint({ data: Float32Array.from(theirs) }) === mark);
}

/** A single whole number counts something: batches that were seen, steps. */
function differs(array: LazyArray, { data: mine }: Tensor): boolean {
  if (sizeOf(array.shape) <= 1) return false;
  const { data } = array.read();
  return data.length !== mine.length || data.some((element, i) => element !== mine[i]);
}

/** Both tensors of a pair that is one parameter, where the checkpoint has both, hold the same numbers. */
function checkTies(
  { ties, tensors }: ModelFile,
  arrays: ReadonlyMap<string, LazyArray>,
  replaced: ReadonlyMap<string, Tensor>,
  file: string,
): void {
  for (const { owner, copy, scale } of ties) {
    const [mine, theirs] = [replaced.get(owner), arrays.get(copy)];
    if (!mine || !theirs) continue;
    const { data } = theirs.read();
    const isSame =
      scale === 1 ? isAlike(data, mine.data, tensors.get(owner)?.tensor) : isMultiple(data, mine.data, scale);
    if (data.length === mine.data.length && isSame) continue;
    throw new ThalwegError({
      kind: "input",
      code: "weights-tied",
      message: `${owner} and ${copy} are one parameter of the model, whose file holds it twice, but they differ in ${file}.`,
      where: { file, parameter: owner },
      hint: "Export the model from this checkpoint: its file then holds what the network ties, and no more.",
    });
  }
}

/** Whether numbers are the same where they are rounded as the model's are. */
function isAlike(a: Tensor["data"], b: Tensor["data"], old: Tensor | undefined): boolean {
  const rounded = (data: Tensor["data"]) =>
    fingerprint({ data: old?.dtype === "float64" ? Float64Array.from(data) : Float32Array.from(data) });
  return rounded(a) === rounded(b);
}

/** Whether numbers are `scale` times others, in any order, up to the rounding of float32. */
function isMultiple(data: ArrayLike<number>, of: ArrayLike<number>, scale: number): boolean {
  const sorted = Float64Array.from(data).sort();
  const made = Float64Array.from(of)
    .map((x) => scale * x)
    .sort();
  return sorted.every((x, i) => Math.abs(x - made[i]) <= 1e-6 * Math.abs(x));
}

function requireShape(name: string, array: LazyArray, old: Tensor, file: string): void {
  const same =
    array.shape.length === old.shape.length && array.shape.every((extent, axis) => extent === old.shape[axis]);
  if (same || (sizeOf(array.shape) === 1 && old.data.length === 1)) return;
  throw new ThalwegError({
    kind: "input",
    code: "weights-shape",
    message: `${name} has the shape [${array.shape.join(", ")}] in ${file}, but [${old.shape.join(", ")}] in the model.`,
    where: { file, parameter: name, shape: array.shape },
    hint: "Give a checkpoint of the same architecture; exporters may transpose the weights of linear layers.",
  });
}

/** Whole numbers in the place of floats are those of a quantised file: without their scales they are other weights. */
function requireFloats(name: string, array: LazyArray, old: Tensor, file: string): void {
  if (isFloat(array.dtype)) return;
  throw new ThalwegError({
    kind: "input",
    code: "weights-quantised",
    message: `${name} is stored as ${array.storedAs} in ${file}, where the model has ${old.dtype}: whole numbers are no weights without the scale that they were divided by.`,
    where: { file, parameter: name },
    hint: "Dequantise the checkpoint before (multiply by the scales), and save the weights as float32.",
  });
}

function requireFinite(name: string, weight: Tensor | undefined, file: string): void {
  const data = weight?.data ?? [];
  const bad = data.findIndex((element) => !Number.isFinite(element));
  if (bad >= 0) {
    throw new ThalwegError({
      kind: "input",
      code: "not-finite",
      message: `The weight ${name} in ${file} holds ${data[bad]} at position ${bad}.`,
      where: { file, parameter: name },
      hint: "Take a checkpoint from before the run diverged.",
    });
  }
}

/** With the wider of the two types. */
function converted(array: LazyArray, { dtype, shape }: Tensor): Tensor {
  const { data } = array.read();
  return dtype === "float64" || array.dtype === "float64"
    ? { dtype: "float64", shape, data: Float64Array.from(data) }
    : { dtype, shape, data: Float32Array.from(data) };
}
