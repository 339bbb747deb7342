import { VectorBasis } from "../linalg/vector-basis.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { KrylovSpace, randomBlock } from "./krylov-space.ts";
import { NOTHING_LEFT, restOf, type Rest } from "./place-in-spectrum.ts";
import { roundoff, type Products } from "./products.ts";
import { chanceUnseen, evidenceOf, startNear, type Evidence } from "./start-near.ts";

/** A missed eigenvalue is acceptable with this probability, at each end. */
export const MISS_PROBABILITY = 1e-3;

/** How far beyond the last reported value, relative to the scale, the bound on a miss looks. */
export const MARGIN = 0.02;

/** How all spaces of one search work. */
export interface SearchSetup {
  readonly products: Products;
  readonly tolerance: number;
  readonly blockSize: number;
  readonly basisLimit: number;
  readonly roundingScale: number;
  /** Whether the tolerance is also one of each eigenvalue by itself, as far as rounding lets it. */
  readonly relative: boolean;
}

/** An eigenvalue is told from 0, and from others of its size, by a residual of this share of it. */
const TOLD_APART = 0.1;

/**
 * Residuals below this are reached: `tolerance`, or a part of what rounding of the products may add, which is a bound:
 * a search that stopped at all of it would take for an end of the spectrum what lies as far inside it. Where each value
 * is looked for by itself, one that lies below the tolerance of the largest is told from 0 first.
 */
function reachable(setup: SearchSetup, scale: number, value: number): number {
  return Math.max(slackOf(setup, scale, value), setup.products.rounding("norm", setup.roundingScale) / 8);
}

/** How far beyond a value another must lie to be news. */
export function slackOf(setup: SearchSetup, scale: number, value: number): number {
  const slack = setup.tolerance * scale;
  return setup.relative ? Math.min(slack, sizeOf(setup, scale, TOLD_APART * value)) : slack;
}

/** How far beyond a value the bound on a miss looks. */
function marginOf(setup: SearchSetup, scale: number, value: number): number {
  const margin = MARGIN * scale;
  return setup.relative ? Math.min(margin, sizeOf(setup, scale, value)) : margin;
}

/** |value|, where rounding does not hide it. */
function sizeOf({ products, roundingScale }: SearchSetup, scale: number, value: number): number {
  return Math.max(Math.abs(value), products.rounding("norm", Math.max(scale, roundingScale)) / 8);
}

/** A Ritz pair. */
export interface Pair {
  readonly value: number;
  readonly vector: Float64Array;
}

/** What one space looks for. */
export interface SearchTarget {
  readonly largest: number;
  readonly smallest: number;
  readonly locked: readonly Float64Array[];
  /** Scale known before the search. */
  readonly scale: number;
  /** Products to leave for later. */
  readonly reserve: number;
  /** For the check: the search also ends once nothing beyond these values can plausibly exist, or at the cap. */
  readonly against?: { readonly above: number; readonly below: number; readonly cap: number };
  /**
   * Vectors near the wanted ones: the space starts from them and a random vector, and goes on until nothing beyond the ends
   * that it found can plausibly exist.
   */
  readonly near?: readonly Float64Array[];
}

/** The ends of what spaces saw: no Ritz value is beyond the ends of the spectrum (Cauchy 1829). */
export interface Seen {
  readonly highest: number;
  readonly lowest: number;
}

/** What one space found. */
export interface FoundEnds {
  readonly pairs: Pair[];
  readonly scale: number;
  /** The largest and the smallest Ritz value of the space as it ended. */
  readonly seen: Seen;
  /** What it saw beside the pairs, and beside those that it was kept from. */
  readonly rest: Rest;
  readonly converged: boolean;
  /** Whether the check ended at its cap, undecided. */
  readonly capped: boolean;
  /** Whether the space has become all of the complement of `locked`: its values are then all that there are. */
  readonly exhausted: boolean;
  readonly missProbability: number;
}

/** The wanted Ritz pairs of A restricted to the complement of `locked`. */
export async function searchEnds(setup: SearchSetup, target: SearchTarget, random: RandomStream): Promise<FoundEnds> {
  const { products, blockSize, basisLimit } = setup;
  const { operator } = products;
  const { dimension } = operator;
  const { against } = target;
  const locked = new VectorBasis(dimension, operator.precision);
  for (const vector of target.locked) locked.push(vector);
  const wanted = target.largest + target.smallest;
  const near = target.near && startNear(random, dimension, target.near);
  const space = new KrylovSpace({
    operator,
    start: near ? [near.vector] : randomBlock(random, dimension, blockSize, locked),
    locked,
    refill: random.split("refill"),
  });
  let scale = target.scale;
  let converged = false;
  let missProbability = 1;
  let steps = 0;
  let news = false;
  let undecided = false;
  let isRestarted = false;
  let evidence: Evidence | undefined;
  let nextCheck = wanted;
  while (!converged) {
    const block = space.pending();
    const exhausted = block.length === 0;
    const capped = against !== undefined && !news && products.count() + block.length > against.cap;
    // The first block is always taken: whoever asks for an end of a spectrum gets one, however far from converged.
    const isFirst = against === undefined && space.length === 0;
    const stopped = !exhausted && !isFirst && (capped || !products.affords(block.length + target.reserve));
    if (!exhausted && !stopped) {
      space.absorb(await products.apply(block));
      steps++;
    }
    const full = space.length + space.pending().length > basisLimit;
    if (space.length === 0) break;
    if (!stopped && !exhausted && !full && space.length < nextCheck && space.pending().length > 0) continue;
    nextCheck = space.length + Math.max(blockSize, Math.floor(space.length / 12));

    const pairs = space.ritz();
    const { values } = pairs;
    const m = values.length;
    scale = Math.max(scale, Math.abs(values[0]), Math.abs(values[m - 1]));
    const ends = endsOf(m, target.largest, target.smallest);
    const residuals = pairs.residuals(ends);
    const areReached = ends.every((place, i) => residuals[i] <= reachable(setup, scale, values[place]));
    converged = (m >= wanted && areReached) || space.pending().length === 0;
    if (near) {
      // A restart loses the start, and what was seen before it is all that there is.
      if (!isRestarted) evidence = evidenceOf(values, space.jacobi(), 64 * roundoff(operator) * scale);
      if (space.pending().length === 0) missProbability = 0;
      else if (evidence) missProbability = chanceBeyond(target, evidence, values, MARGIN * scale, near.deviation);
      converged &&= isRestarted || missProbability <= 2 * MISS_PROBABILITY;
    }
    if (against !== undefined) {
      missProbability =
        converged && space.pending().length === 0
          ? 0
          : chanceOfMissing(target, values, steps, dimension, (end) => marginOf(setup, scale, end));
      // A Ritz value beyond the known ones is news, and has to converge; nothing beyond them has to be believable.
      news =
        (target.largest > 0 && values[m - 1] > against.above + slackOf(setup, scale, against.above)) ||
        (target.smallest > 0 && values[0] < against.below - slackOf(setup, scale, against.below));
      // What else there is beyond is for the next search to say.
      if (news) missProbability = 1;
      converged =
        (converged && (news || reaches(target, values, (value) => slackOf(setup, scale, value)))) ||
        (!news && missProbability <= 2 * MISS_PROBABILITY);
      undecided = !converged && capped && !news;
      if (undecided) converged = true;
    }
    products.report(
      against === undefined ? "extremal eigenvalues" : "multiplicity check",
      undefined,
      describe(values, residuals, target),
    );
    if (stopped || space.pending().length === 0) break;
    if (converged || !full) continue;
    space.restart(pairs, kept(m, target, basisLimit));
    isRestarted = true;
  }
  if (space.length === 0) {
    const seen = { highest: Number.NEGATIVE_INFINITY, lowest: Number.POSITIVE_INFINITY };
    return {
      pairs: [],
      scale,
      seen,
      rest: NOTHING_LEFT,
      converged: false,
      capped: true,
      exhausted: false,
      missProbability,
    };
  }
  const pairs = space.ritz();
  const { values } = pairs;
  const ends = endsOf(values.length, target.largest, target.smallest);
  const vectors = space.lift(pairs.coordinates(ends));
  // What a check saw, where it is no news, belongs to no pair.
  const [above, below] = against && !news ? [0, 0] : [target.largest, target.smallest];
  const rest = restOf(
    pairs,
    { place: values.length - 1 - above, known: against?.above ?? values[Math.max(0, values.length - above)] },
    { place: below, known: against?.below ?? values[Math.max(0, below - 1)] },
    {
      newsOf: (value) => slackOf(setup, scale, value),
      rounding: products.rounding("norm", Math.max(scale, setup.roundingScale)),
      converged,
    },
  );
  return {
    pairs: ends.map((i, at) => ({ value: values[i], vector: vectors[at] })),
    scale,
    seen: { highest: values[values.length - 1], lowest: values[0] },
    rest,
    converged,
    capped: undecided,
    exhausted: space.pending().length === 0,
    missProbability,
  };
}

/** Indices (ascending order of values) of the wanted ends, without repetition. */
export function endsOf(m: number, largest: number, smallest: number): number[] {
  const low = Math.min(smallest, m);
  const high = Math.max(low, m - largest);
  return [...Array.from({ length: low }, (_, i) => i), ...Array.from({ length: m - high }, (_, i) => high + i)];
}

/** Ritz vectors that survive a restart: the wanted ones and the nearest third of the basis beyond them. */
function kept(m: number, target: SearchTarget, basisLimit: number): number[] {
  const wanted = target.largest + target.smallest;
  const spare = Math.max(1, Math.floor((basisLimit - wanted) / 3));
  const share = (end: number): number => (end === 0 ? 0 : end + Math.ceil((spare * end) / wanted));
  return endsOf(m, share(target.largest), share(target.smallest));
}

/** Whether the converged extremes of the check touch the known values: multiplicity that the list already ends with. */
function reaches(target: SearchTarget, values: Float64Array, slack: (value: number) => number): boolean {
  const { against } = target;
  if (against === undefined) return true;
  const above = target.largest === 0 || values[values.length - 1] >= against.above - slack(against.above);
  const below = target.smallest === 0 || values[0] <= against.below + slack(against.below);
  return above && below;
}

/**
 * If the complement had an eigenvalue at or beyond above = `against.above` + its margin, j steps from a random start would
 * leave the Ritz value at θ or below with probability at most 1.648 √n exp(−(2j − 1)√ε), where
 * ε = (above − θ)/(above − λmin) (Kuczyński & Woźniakowski 1992, Theorem 4.2); likewise below.
 */
function chanceOfMissing(
  target: SearchTarget,
  values: Float64Array,
  steps: number,
  dimension: number,
  marginOf: (end: number) => number,
): number {
  const { against } = target;
  if (against === undefined) return 1;
  const low = values[0];
  const high = values[values.length - 1];
  const bound = (gap: number, spread: number): number =>
    gap <= 0 || spread <= 0
      ? 1
      : Math.min(1, 1.648 * Math.sqrt(dimension) * Math.exp(-(2 * steps - 1) * Math.sqrt(gap / spread)));
  const [upper, lower] = [marginOf(against.above), marginOf(against.below)];
  let chance = 0;
  if (target.largest > 0)
    chance += bound(against.above + upper - high, against.above + upper - Math.min(low, against.below));
  if (target.smallest > 0)
    chance += bound(low - against.below + lower, Math.max(high, against.above) - against.below + lower);
  return Math.min(1, chance);
}

/** That an eigenvalue lies beyond one of the ends by more than the margin, unseen. */
function chanceBeyond(
  target: SearchTarget,
  evidence: Evidence,
  values: Float64Array,
  margin: number,
  deviation: number,
): number {
  const above = target.largest > 0 ? chanceUnseen(evidence, values[values.length - 1] + margin, deviation) : 0;
  const below = target.smallest > 0 ? chanceUnseen(evidence, values[0] - margin, deviation) : 0;
  return Math.min(1, above + below);
}

/** @param residuals of the wanted ends */
function describe(values: Float64Array, residuals: Float64Array, target: SearchTarget): string {
  const parts: string[] = [];
  const last = residuals.length - 1;
  if (target.largest > 0)
    parts.push(`λmax ≈ ${values[values.length - 1].toPrecision(5)} ± ${residuals[last].toExponential(1)}`);
  if (target.smallest > 0) parts.push(`λmin ≈ ${values[0].toPrecision(5)} ± ${residuals[0].toExponential(1)}`);
  return parts.join(", ");
}
