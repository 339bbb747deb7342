import type { Feeds } from "./batch-feeds.ts";
import type { BatchRange } from "./batches.ts";
import type { Computation } from "./computation.ts";

/** The loss at a point. */
export interface LossValue {
  readonly loss: number;
  /** Share of right predictions; undefined for regression. */
  readonly accuracy: number | undefined;
}

/** The same with its error over the draw of the examples. */
export interface LossEstimate extends LossValue {
  /** See `samplingError`; NaN where there is none. */
  readonly standardError: number;
}

/** How a loss is computed otherwise than from parameters and data alone. */
export interface ValueBy {
  /** Gives what `VALUE` does, or `VALUE_BY_EXAMPLE` where losses of examples are asked for. */
  readonly computation?: Computation;
  readonly shared?: Feeds;
  readonly held?: (batch: BatchRange) => Feeds;
}
