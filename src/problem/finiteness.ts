import type { RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Tensor } from "../util/tensor.ts";
import { batchesOf, type BatchRange } from "./batches.ts";
import type { Computation } from "./computation.ts";
import { finitenessProbes, firstNonFinite } from "./first-non-finite.ts";
import type { Network } from "./network.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import type { ProblemOptions } from "./problem-options.ts";

/** The way out that is still open: nothing is finer than float64. */
function finer({ precision }: ProblemOptions): string {
  return precision === "float64" ? "" : "; --precision float64 may help";
}

const PROBES: Computation = {
  name: "finiteness",
  build: ({ network }) => [...finitenessProbes(network).values()],
};

/** What is asked of a point to look into it. */
interface Probed {
  readonly examples: number;
  networkOf(batch: number): Network;
  eachBatch(
    computation: Computation,
    context: RunContext,
    visit: (batch: unknown, results: readonly Tensor[]) => void,
    options: { readonly range: BatchRange },
  ): Promise<void>;
}

/** Runs the network once more with a probe on every value, to say where the first NaN or ∞ of the loss comes from. */
export async function nonFiniteLoss(
  point: Probed,
  options: ProblemOptions,
  context: RunContext,
): Promise<ThalwegError> {
  let place: ReturnType<typeof firstNonFinite>;
  let batchNumber = 0;
  for (const [number, range] of batchesOf({ start: 0, end: point.examples }, options.batchSize).entries()) {
    const network = point.networkOf(range.end - range.start);
    const names = [...finitenessProbes(network).keys()];
    await point.eachBatch(
      PROBES,
      context,
      (_batch, probes) => (place ??= firstNonFinite(network, new Map(names.map((name, i) => [name, probes[i]])))),
      { range },
    );
    batchNumber = number;
    if (place) break;
  }
  const where = place
    ? `: the first NaN or ∞ is the output of ${place.op}${place.node ? ` (node "${place.node}")` : ""} in batch ${batchNumber}`
    : "";
  return new ThalwegError({
    kind: "input",
    code: "not-finite",
    message: `The loss is not finite at these parameters${where}.`,
    where: { op: place?.op, node: place?.node, batch: batchNumber },
    hint: `Check the weights and the data for overflow, logarithms of 0 and divisions by 0${finer(options)}.`,
  });
}

/** Says to which parameter the first NaN or ∞ of a vector belongs. */
export function nonFiniteVector(
  vector: Float64Array,
  what: string,
  space: ParameterSpace,
  options: ProblemOptions,
): ThalwegError {
  const at = vector.findIndex((element) => !Number.isFinite(element));
  const place = space.tensors.find(({ offset, size }) => at >= offset && at < offset + size);
  return new ThalwegError({
    kind: "input",
    code: "not-finite",
    message: `The ${what} is not finite: the first such entry belongs to the parameter "${place?.label}".`,
    where: { parameter: place?.name },
    hint: `Look for a singular point (a square root or a norm at 0, a logarithm of 0) or overflow${finer(options)}.`,
  });
}

/** Says to which example the first NaN or ∞ of what was computed along a vector belongs. */
export function nonFiniteRow(rows: Float64Array, width: number, what: string, options: ProblemOptions): ThalwegError {
  const example = Math.floor(rows.findIndex((element) => !Number.isFinite(element)) / width);
  return new ThalwegError({
    kind: "input",
    code: "not-finite",
    message: `The ${what} is not finite: the first such entry belongs to example ${example}.`,
    hint: `Look for a singular point (a square root or a norm at 0, a logarithm of 0) or overflow${finer(options)}.`,
  });
}
