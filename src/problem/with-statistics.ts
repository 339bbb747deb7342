import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { mul, sub } from "../ops/arithmetic.ts";
import { reduceMean } from "../ops/reduction.ts";
import { reshape } from "../ops/structure.ts";
import type { Value } from "../graph/value.ts";
import type { RunContext } from "../util/run-context.ts";
import { isFloat, sizeOf } from "../util/tensor.ts";
import type { Computation } from "./computation.ts";
import { Problem } from "./problem.ts";

/**
 * The same network where the running statistics of its normalisations stand among the parameters, so that every point
 * has statistics of its own: θ is that of the problem, with the statistics behind it. Nothing trains them: gradients are taken
 * of the problem's own parameters.
 */
export interface WithStatistics {
  readonly problem: Problem;
  /** How many of the numbers of a θ are parameters: the first ones. */
  readonly trained: number;
  /** θ with the statistics that a model file has. */
  lift(theta: Float64Array, model: ModelFile): Float64Array;
  /**
   * The same parameters with the mean and the variance that the data have there: each of a batch that is normalised by its
   * own, averaged over the batches, as training leaves them behind. Statistics that are not of batches stay.
   * Cost: one forward pass.
   */
  estimated(theta: Float64Array, context?: RunContext): Promise<Float64Array>;
  close(): Promise<void>;
}

/** Undefined where the network has no running statistics that it uses. Close it behind all its points. */
export function withStatistics(original: Problem): WithStatistics | undefined {
  const { model, dataset, runtime, options, space } = original;
  const names = model.statistics.filter(({ dtype }) => isFloat(dtype)).map(({ name }) => name);
  if (names.length === 0 || usesBatchStatistics(original)) return undefined;
  const parameters = [...space.tensors.map(({ name }) => name), ...names];
  // What one of them could keep, the three may keep together.
  const shared = { ...options, parameters, l2: 0, cacheBytes: options.cacheBytes / 3 };
  const problem = Problem.open(model, dataset, runtime, shared);
  const training = Problem.open(model, dataset, runtime, { ...shared, batchNormalization: "training" });
  return {
    problem,
    trained: space.dimension,
    lift(theta, from) {
      const chosen = chosenParameters(from, parameters);
      const lifted = problem.space.flatten(new Map(chosen.map((each) => [each.name, each])));
      lifted.set(theta);
      return lifted;
    },
    async estimated(theta, context = {}) {
      const estimated = theta.slice();
      const places = placesOf(training);
      const sums = places.map(({ size }) => new Float64Array(size));
      const point = training.at(theta);
      try {
        await point.eachBatch(BATCH_STATISTICS, context, ({ start, end }, values) => {
          values.forEach(({ data }, i) => {
            for (let c = 0; c < data.length; c++) sums[i][c] += data[c] * (end - start);
          });
        });
      } finally {
        await point.release();
      }
      sums.forEach((sum, i) => {
        const { offset } = places[i];
        if (offset !== undefined)
          estimated.set(
            sum.map((x) => x / training.examples),
            offset,
          );
      });
      return estimated;
    },
    async close() {
      await training.close();
      await problem.close();
    },
  };
}

/** Whether batches are normalised by their own statistics, so that those of the file have no part. */
export function usesBatchStatistics({ options, network }: Pick<Problem, "options" | "network">): boolean {
  return (
    options.batchNormalization === "training" ||
    network.imported.notices.some(({ code }) => code === "batch-statistics")
  );
}

/** Mean and variance of each channel over a batch; the variance as an estimate of that of all examples. */
const BATCH_STATISTICS: Computation = {
  name: "batch-statistics",
  build: ({ network }) =>
    network.imported.normalizations.flatMap(({ x }) => {
      const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
      const mean = reduceMean(x, axes);
      const centred = sub(x, mean);
      const count = sizeOf(axes.map((axis) => x.shape[axis]));
      const variance = mul(reduceMean(mul(centred, centred), axes), count / Math.max(1, count - 1));
      return [mean, variance].map((value) => reshape(value, [x.shape[1]]));
    }),
};

/** Where the statistics of each normalisation stand in θ; undefined for those that are no parameters. */
function placesOf({
  network: { imported },
  space,
}: Problem): { readonly offset: number | undefined; readonly size: number }[] {
  const names = new Map<Value, string>([...imported.parameters].map(([name, value]) => [value, name]));
  return imported.normalizations.flatMap(({ x, mean, variance }) =>
    [mean, variance].map((value) => ({
      offset: space.tensors.find(({ name }) => name === names.get(value))?.offset,
      size: x.shape[1],
    })),
  );
}
