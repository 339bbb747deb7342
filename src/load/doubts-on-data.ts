import type { Target } from "../graph/emitter.ts";
import { inputsOf } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import { type BatchRange, batchesOf } from "../problem/batches.ts";
import { compileValues } from "../problem/compile-values.ts";
import { fedName } from "../problem/file-names.ts";
import { buildNetwork } from "../problem/network.ts";
import type { Problem } from "../problem/problem.ts";
import type { Feed } from "../runtime/runtime.ts";
import { inPrecision, isFloat, type Tensor } from "../util/tensor.ts";

/**
 * A sentence for everything in the graph that is undefined for some data and is met by these, at the weights of the file.
 * Cost: one pass over the data of what decides it, indices as a rule; one run where the file fixes them, none where nothing is open.
 */
export async function doubtsOnData(problem: Problem): Promise<string[]> {
  const { model, dataset, options, network } = problem;
  const { doubts } = network.imported;
  if (doubts.length === 0) return [];
  const found = doubts.map(() => 0);
  const fixed = new Set<number>();
  const batches = batchesOf({ start: 0, end: dataset.examples }, options.batchSize);
  for (const size of new Set(batches.map(sizeOfBatch))) {
    const counts = buildNetwork(model, dataset, options, size).imported.doubts.map((doubt) => doubt.count());
    const open = new Map(counts.flatMap((count, i) => (fixed.has(i) ? [] : [[String(i), count] as const])));
    const program = await compiled(problem, open);
    try {
      for (const batch of batches) {
        if (sizeOfBatch(batch) !== size) continue;
        const results = await program.run(batch);
        for (const [i, { data }] of results)
          if (!fixed.has(Number(i))) for (const count of data) found[Number(i)] += count;
        // What the file fixes is the same in every batch, and told once.
        counts.forEach((count, i) => inputsOf([count]).size === 0 && fixed.add(i));
        if (fixed.size === doubts.length) break;
      }
    } finally {
      await program.release();
    }
    if (fixed.size === doubts.length) break;
  }
  return [...new Set(doubts.flatMap((doubt, i) => (found[i] > 0 ? [`${doubt.text(found[i])}.`] : [])))];
}

const sizeOfBatch = ({ start, end }: BatchRange): number => end - start;

/** Values of the network, to be computed on batches of its data at the weights of the file. */
async function compiled({ model, dataset, options, runtime }: Problem, values: ReadonlyMap<string, Value>) {
  const target: Target = { precision: options.precision, portable: false, blockSize: await runtime.blockSize() };
  const executable = await compileValues(values, target, runtime);
  const inputs = inputsOf([...values.values()]);
  const feed = ({ dtype, shape, data }: Tensor): Feed =>
    isFloat(dtype)
      ? runtime.feed({ dtype: options.precision, shape, data: inPrecision(data, options.precision) })
      : runtime.feed({ dtype, shape, data });
  const fedOf = (tensors: Iterable<readonly [string, Tensor]>) =>
    [...tensors].flatMap(([name, tensor]) =>
      inputs.has(fedName(name)) ? [[fedName(name), feed(tensor)] as const] : [],
    );
  const weights = fedOf(chosenParameters(model, options.parameters).map((each) => [each.name, each]));
  const releaseAll = (fed: typeof weights) => fed.forEach(([, each]) => each.release());
  return {
    async run({ start, end }: BatchRange): Promise<ReadonlyMap<string, Tensor>> {
      const data = fedOf(Object.entries(dataset.batch(start, end).inputs));
      try {
        return await executable.run(new Map([...weights, ...data]));
      } finally {
        releaseAll(data);
      }
    },
    async release(): Promise<void> {
      releaseAll(weights);
      await executable.release();
    },
  };
}
