import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { Curve } from "./curve.ts";

/** The ground that a way is looked for on. */
export interface Ground {
  value(theta: Float64Array): Promise<number>;
  gradient(theta: Float64Array): Promise<Float64Array>;
  /** On some examples, which are others each time. */
  sampledGradient(theta: Float64Array): Promise<Float64Array>;
}

export interface PathOptions {
  /** Points of the way that move, for those that have several. */
  readonly bends: number;
  /** Gradient steps. */
  readonly steps: number;
}

/** Points that a way is made of, its ends left out. */
export interface FoundWay {
  readonly points: readonly Float64Array[];
  /** Whether all steps that were asked for were taken; else the time was spent before. */
  readonly isWhole: boolean;
}

/** A way of finding a way between two networks whose ends stay what they are. */
export interface PathKind {
  /** Unique: what `--path` says. */
  readonly name: string;
  /** What the way is called in a sentence: "On the … the loss rises". */
  readonly noun: string;
  readonly summary: string;
  /** Whether it has points between its ends that are looked for. */
  readonly isSearched: boolean;
  find(
    ground: Ground,
    ends: readonly [Float64Array, Float64Array],
    options: PathOptions,
    random: RandomStream,
    context: RunContext,
  ): Promise<FoundWay>;
  /** The way through points that were found, and its ends. */
  curve(ends: readonly [Float64Array, Float64Array], points: readonly Float64Array[]): Curve;
  /** How many losses and gradients `find` takes; sampled ones are on some examples. */
  cost(options: PathOptions): { readonly losses: number; readonly gradients: number; readonly sampled: number };
}
