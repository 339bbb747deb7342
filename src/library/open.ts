import { z } from "zod";
import { loadOptions, type LoadOptions } from "../load/load-options.ts";
import { loadProblem as openProblem } from "../load/load-problem.ts";
import type { LoadedProblem } from "../load/loaded-problem.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import { writeFileAtomically } from "../io/write-atomically.ts";
import type { Problem } from "../problem/problem.ts";
import { readOptions, vector } from "../util/options.ts";
import { requireArgument } from "../util/require-argument.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { requireProblem } from "./require-problem.ts";

/** How a problem was opened. */
export interface Opening {
  readonly loaded: LoadedProblem;
  readonly given: LoadOptions;
  /** The same with their defaults. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A problem does not know how it was opened, and a result must say it. */
const openings = new WeakMap<Problem, Opening>();

/** How a problem was opened; undefined for one that did not come from files. */
export function openingOf(problem: Problem): Opening | undefined {
  return openings.get(problem);
}

/**
 * Opens an ONNX model with data as `load` does, and tells what was chosen on the way, what was proven, and what may spoil
 * a result. A proof that fails is among the proofs, and throws nothing.
 *
 * @throws ThalwegError of kind "input" where files or what they hold do not fit, "usage" for options
 *
 * @example
 * const { problem, notes, proofs, close } = await loadProblem("assets/digits.onnx", { data: "digits", limit: 100 });
 * proofs.every(({ passed }) => passed); // → true
 * problem.options.loss.name; // → "cross-entropy"
 * await close();
 */
export async function loadProblem(model: string, options: LoadOptions): Promise<LoadedProblem> {
  return opened("loadProblem", model, options);
}

async function opened(caller: string, model: string, given: LoadOptions): Promise<LoadedProblem> {
  requireArgument("model", caller, z.string(), model);
  const options = readOptions(caller, loadOptions, given);
  const loaded = await openProblem(model, options);
  openings.set(loaded.problem, { loaded, given, options });
  return loaded;
}

/**
 * Opens an ONNX model with data as the function L(θ) = mean (or sum) of the loss over the examples.
 *
 * The loss is guessed from outputs and labels where only one fits; `loadProblem` also tells what was
 * chosen on the way. Sessions and files are freed by `close()`, or at the end of the block with `await using`.
 *
 * @param model path of the .onnx file
 * @param options data and everything else; the flags of the command line by the same names
 * @throws ThalwegError of kind "input" where files or what they hold do not fit, "usage" for options, "check" where
 *   the imported graph does not compute what the file computes
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 1437 });
 * problem.space.dimension; // → 2410
 * (await problem.point.value()).loss; // → 0.011308
 * const named = problem.space.named(await gradient(problem)); // the flat vector, tensor by tensor, without a copy
 * named.get("hidden.bias").shape; // → [32]
 * await problem.close();
 */
export async function load(model: string, options: LoadOptions): Promise<Problem> {
  const loaded = await opened("load", model, options);
  const failed = loaded.proofs.find(({ passed }) => passed === false);
  if (failed === undefined) return loaded.problem;
  await loaded.close();
  throw new ThalwegError({
    kind: "check",
    code: `${failed.name}-differs`,
    message: failed.detail,
    where: { file: model },
    hint: "loadProblem opens it all the same, with the proof beside it.",
  });
}

/** A checkpoint, opened. */
export interface Checkpoint {
  /** The file that holds its weights. */
  readonly weights: string;
  /** Closed when the next one is asked for. */
  readonly problem: Problem;
}

/**
 * The same network at one checkpoint after the other: each file's weights, and its statistics where it has them, in place
 * of the model's. One is open at a time. Cost: that of `load`, each.
 *
 * @param weights .safetensors files, in order
 * @throws what `load` throws; input errors `weights-missing`, `weights-shape` where a checkpoint is of another network
 *
 * @example
 * const trained = await load("assets/digits.onnx", { data: "digits" });
 * const files = [0, 1].map((share) => `${folder}/share-${share}.safetensors`);
 * files.forEach((file, share) => saveWeights(file, trained, trained.point.parameters.map((x) => share * x)));
 * const losses = [];
 * for await (const { problem } of checkpoints("assets/digits.onnx", files, { data: "digits" }))
 *   losses.push((await problem.point.value()).loss);
 * losses[0]; // → 2.302585
 */
export async function* checkpoints(
  model: string,
  weights: readonly string[],
  options: Omit<LoadOptions, "weights">,
): AsyncGenerator<Checkpoint, void, void> {
  requireArgument("model", "checkpoints", z.string(), model);
  requireArgument("weights", "checkpoints", z.array(z.string()), weights);
  readOptions("checkpoints", loadOptions.omit({ weights: true }), options);
  for (const each of weights) {
    await using problem = await load(model, { ...options, weights: each });
    yield { weights: each, problem };
  }
}

/**
 * Writes parameters as a checkpoint, which `--weights` and `checkpoints` read: a .safetensors file with one array a
 * tensor, under its ONNX name, in the precision of the problem.
 *
 * @param theta flat, in the order of `problem.space`
 * @throws usage error `bad-argument`; `dimension-mismatch` for a vector of another space; input error where the file cannot be written
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits" });
 * saveWeights(`${folder}/same.safetensors`, problem, problem.point.parameters);
 * const same = await load("assets/digits.onnx", { data: "digits", weights: `${folder}/same.safetensors` });
 * same.point.parameters.every((x, i) => x === problem.point.parameters[i]); // → true
 */
export function saveWeights(path: string, problem: Problem, theta: Float64Array): void {
  requireArgument("path", "saveWeights", z.string(), path);
  requireProblem("saveWeights", problem);
  requireArgument("theta", "saveWeights", vector(), theta);
  const { space, options } = problem;
  writeFileAtomically(path, encodeSafetensors([...space.unflatten(theta, options.precision)]));
}
