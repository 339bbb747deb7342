import { Order } from "../../dynamics/mini-batches.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";

/** A mean of losses of examples. */
export interface MeanOfExamples {
  readonly examples: number;
  /** The mean over some. */
  over(examples: readonly number[]): Objective;
}

/** All examples. */
export function whole({ examples, over }: MeanOfExamples): Objective {
  return over(Array.from({ length: examples }, (_, i) => i));
}

/**
 * The mean over all examples, of which each gradient that is asked for is that of the next batch, in the order in which training
 * goes through examples: every epoch all of them, shuffled.
 */
export function onBatches(mean: MeanOfExamples, batch: number, random: RandomStream): Objective {
  const order = new Order(mean.examples, batch, random);
  let step = 0;
  return {
    ...whole(mean),
    gradient: (at, into) => mean.over(Array.from(order.at(step++))).gradient(at, into),
  };
}
