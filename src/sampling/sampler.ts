import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";

/** The potential at a place. */
export interface Potential {
  /** U = −ln p, up to a constant; NaN or ±∞ where it is that. */
  readonly energy: number;
  /** ∇U. */
  readonly gradient: Float64Array;
  /** What is noted of the place where a chain draws it: as many numbers everywhere. Asked for before the place is left. */
  note(): readonly number[];
}

/** The potential at a place, and what it is there at other temperatures. */
export interface TemperedPotential extends Potential {
  /** V of U = t V + the rest. */
  readonly tempered: number;
  /** U at this place and another inverse temperature, from what is known. */
  at(inverseTemperature: number): TemperedPotential;
}

/** A density on ℝᵈ by its potential. */
export interface Density<P extends Potential = Potential> {
  readonly dimension: number;
  /** Where distances are measured from. */
  readonly centre: Float64Array;
  /** Where a chain begins. */
  start(random: RandomStream): Float64Array;
  /** Groups of coordinates that scales are shared within, while little is known of each: where each group ends. */
  readonly groups: readonly number[];
  /** The potential at many places at once: what one costs alone is shared. */
  at(places: readonly Float64Array[]): Promise<readonly P[]>;
}

/** A density of a family with U = t V + the rest. */
export interface TemperedDensity extends Density<TemperedPotential> {
  /** t. */
  readonly inverseTemperature: number;
  /** ∇U at places with a random batch of the examples, the same for all places, in the place of all: right on average. */
  slopesOnBatch(places: readonly Float64Array[], random: RandomStream): Promise<readonly Float64Array[]>;
  /** The same on each batch of a random division of all examples into batches, as many as are whole. */
  slopesOnDivision(places: readonly Float64Array[], random: RandomStream): AsyncIterable<readonly Float64Array[]>;
  /** Share of the examples that a batch holds: what a slope on one costs. */
  readonly batchShare: number;
}

/** How much is sampled. */
export interface Sampled {
  readonly chains: number;
  /** Iterations in which step, length and scales are adapted, and which are thrown away. */
  readonly warmup: number;
  /** Draws of each chain. */
  readonly draws: number;
}

/** What chains drew. */
export interface Draws {
  /** What was noted: a chain, a draw, a number. */
  readonly noted: readonly (readonly (readonly number[])[])[];
  /** Of each chain, the share of proposals that were taken. */
  readonly acceptance: readonly number[];
  /** Proposals whose energy went off by more than {@link DIVERGED}, or was not finite, after the warm-up. */
  readonly divergences: number;
  /** Step size, in units of the scales. */
  readonly step: number;
  /** Steps of a proposal, on average. */
  readonly stepsEach: number;
  /** Gradients of all chains, the warm-up's among them. */
  readonly gradients: number;
  /** Where each chain ended. */
  readonly last: readonly Float64Array[];
  /** Of trades of places with the next colder temperature, the share that was accepted; null where none were tried. */
  readonly exchanged: number | null;
}

/** Errors of the energy beyond which a trajectory has left what it was to follow (Betancourt 2017). */
export const DIVERGED = 1000;

/** A way to draw from a density: an object in a file of its own, and a line in the registry. */
export interface Sampler {
  /** Unique. */
  readonly name: string;
  readonly title: string;
  /** Half a sentence. */
  readonly summary: string;
  /** Author year. */
  readonly source: string;
  /** Gradients of a proposal, about: what plans count with. */
  readonly gradientsEach: number;
  /** Whether chains of several temperatures know of each other: all temperatures are then drawn at once. */
  readonly isCoupled: boolean;
  /** Whether it goes by slopes on random batches and takes every step: its draws are off by what steps and batches make of them. */
  readonly usesBatches: boolean;
  /**
   * Draws from each density with chains side by side, until all is drawn or the time is up.
   *
   * @throws `interrupted`
   */
  sample(
    densities: readonly TemperedDensity[],
    size: Sampled,
    random: RandomStream,
    context: RunContext,
  ): Promise<readonly Draws[]>;
}
