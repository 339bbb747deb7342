import type { Feed } from "../runtime/runtime.ts";
import { allocate } from "../util/tensor.ts";
import { releaseAll } from "./batch-feeds.ts";
import { EXAMPLE_SCALE, SCALE } from "./loss-graph.ts";
import type { PointMachinery } from "./point-machinery.ts";
import type { HeldParameters } from "./parameter-slots.ts";
import { PreparedFeeds } from "./prepared-feeds.ts";
import { elementBytes } from "./problem-options.ts";
import type { Sample } from "./sample.ts";

/** What a point keeps ready for the programs that it runs. */
export interface PointPreparation {
  readonly sample: Sample;
  /** θ, and the slots that feed it. */
  readonly held: HeldParameters;
  /** What sums over terms and over examples are multiplied by. */
  readonly scales: ReadonlyMap<string, Feed>;
  /** What does not depend on the vector of a product, by batch. */
  readonly prepared: PreparedFeeds;
}

/** Feeds θ and the scales of a sample; to be released. */
export function preparePoint(
  { options, parameters, runtime, budget }: PointMachinery,
  theta: Float64Array,
  sample: Sample,
): PointPreparation {
  const scalar = (value: number) => {
    const data = allocate(options.precision, 1);
    data[0] = value;
    return runtime.feed({ dtype: options.precision, shape: [], data });
  };
  return {
    sample,
    held: parameters.take(theta),
    scales: new Map([
      [SCALE, scalar(1 / sample.divisor)],
      [EXAMPLE_SCALE, scalar(1 / sample.examples)],
    ]),
    prepared: new PreparedFeeds(budget, elementBytes(options)),
  };
}

/** Frees what was kept ready. */
export async function releasePoint(
  { parameters }: PointMachinery,
  { prepared, scales, held }: PointPreparation,
): Promise<void> {
  await prepared.release();
  releaseAll(scales);
  parameters.give(held);
}
