import { axpy, dot, norm2 } from "../linalg/vector.ts";
import { VectorBasis } from "../linalg/vector-basis.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import type { Eigenvalue, EstimatorDescription } from "./estimate.ts";
import { KrylovSpace, randomBlock } from "./krylov-space.ts";
import { countProducts, productRounding, requireSymmetric } from "./products.ts";
import type { Products } from "./products.ts";

export interface ExtremalOptions {
  /** How many eigenvalues at the upper end; default 1. */
  readonly largest?: number;
  /** How many at the lower end; default 0. */
  readonly smallest?: number;
  /** Largest residual, relative to the largest |eigenvalue| seen; default 1e-6, or 1e-4 in float32. */
  readonly tolerance?: number;
  readonly maxProducts?: number;
  /** Most vectors held at once; default what 1 GB holds, at most 400. */
  readonly basisLimit?: number;
  /** Vectors multiplied together; default the operator's preferred block. */
  readonly blockSize?: number;
  /** Return the eigenvectors too. */
  readonly vectors?: boolean;
  /** Look for copies that one Krylov space cannot see; default true. */
  readonly checkMultiplicity?: boolean;
  /** Largest |eigenvalue| of the matrices that the operator is a difference of: its products are rounded as theirs are. */
  readonly roundingScale?: number;
}

export interface ExtremalResult {
  /** Descending. */
  readonly top: Eigenvalue[];
  /** Ascending. */
  readonly bottom: Eigenvalue[];
  /** Largest |Ritz value| seen: what residuals are relative to. */
  readonly scale: number;
  readonly products: number;
  readonly method: string;
  readonly converged: boolean;
  readonly multiplicity: MultiplicityCheck;
}

/** What a second space, orthogonal to every pair found and started at random, says about missed copies. */
export interface MultiplicityCheck {
  readonly checked: boolean;
  /** Products that the check took. */
  readonly products: number;
  /** Pairs that only the check brought to light. */
  readonly found: number;
  /**
   * Bound on the probability that an eigenvalue beyond the last reported one by more than `margin` was
   * still missed (Kuczyński & Woźniakowski 1992); null where the check ended before a bound of use.
   */
  readonly missProbability: number | null;
  readonly margin: number;
}

export const extremalEstimator: EstimatorDescription = {
  name: "extremal-eigenpairs",
  summary:
    "The largest and smallest eigenvalues from one Krylov space, each with its true residual and its multiplicity checked.",
  formula: String.raw`\lvert \lambda - \theta \rvert \le \lVert A y - \theta y \rVert`,
  source: "Thick-restart Lanczos: Wu & Simon 2000; missed copies: Kuczyński & Woźniakowski 1992",
  cost: "30 to 200 products; the check of multiplicity adds as many at most",
  needs: "a symmetric operator; memory for the basis (restarts where it is short)",
};

/** A missed eigenvalue is acceptable with this probability, at each end. */
const MISS_PROBABILITY = 1e-3;

/** How far beyond the last reported value, relative to the scale, the bound on a miss looks. */
const MARGIN = 0.02;

/**
 * Both ends of the spectrum at once. Thick-restart (block) Lanczos with full reorthogonalisation until
 * the residual of every wanted pair is below tolerance × scale; then a second space, orthogonal to what
 * was found and started at random, looks for further copies of multiple eigenvalues (a Krylov space from
 * one vector contains one direction of each eigenspace only) and for values that were passed over; what
 * it finds is converged and merged. Residuals of the result come from fresh products.
 *
 * Out of budget or time: returns what it has with converged = false.
 *
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * const { top } = await extremalEigenpairs(hessian, { largest: 3 }, random, {});
 * top[0]; // { value: 3.4556, residual: 2e-7 }
 */
export async function extremalEigenpairs(
  operator: LinearOperator,
  options: ExtremalOptions,
  random: RandomStream,
  context: RunContext,
): Promise<ExtremalResult> {
  requireSymmetric(operator, "The search for extremal eigenvalues");
  const { dimension } = operator;
  const largest = Math.min(options.largest ?? 1, dimension);
  const smallest = Math.min(options.smallest ?? 0, dimension);
  const wanted = largest + smallest;
  const blockSize = Math.max(1, Math.min(options.blockSize ?? operator.preferredBlock, dimension));
  const memory = Math.floor(1e9 / (8 * dimension));
  const setup: Setup = {
    products: countProducts(operator, context, options.maxProducts),
    tolerance: options.tolerance ?? (operator.precision === "float32" ? 1e-4 : 1e-6),
    blockSize,
    roundingScale: options.roundingScale ?? 0,
    basisLimit: Math.max(options.basisLimit ?? Math.min(400, memory), 2 * wanted + 3 * blockSize + 4),
  };
  const { products } = setup;

  // The verifying products at the end belong to the budget.
  const reserve = Math.min(wanted, dimension);
  const first = await searchEnds(setup, { largest, smallest, locked: [], scale: 0, reserve }, random.split("first"));
  let found = pick(first.pairs, largest, smallest);
  let scale = first.scale;
  let converged = first.converged;

  let multiplicity: MultiplicityCheck = {
    checked: false,
    products: 0,
    found: 0,
    missProbability: null,
    margin: MARGIN * scale,
  };
  if (converged && (options.checkMultiplicity ?? true)) {
    const before = products.count();
    // As many products again as the search took are enough to see what it could see.
    const cap = before;
    let news = 0;
    let missProbability: number | null = 0;
    let checked = true;
    for (let round = 0; ; round++) {
      if (found.length >= dimension) break;
      const check = await searchEnds(
        setup,
        {
          largest: largest > 0 ? 1 : 0,
          smallest: smallest > 0 ? 1 : 0,
          locked: found.map((pair) => pair.vector),
          scale,
          reserve: reserve + found.length - wanted,
          against: { above: kth(found, largest), below: kthFromBelow(found, smallest), cap: products.count() + cap },
        },
        random.split(`check ${round}`),
      );
      checked = !check.capped;
      missProbability = check.missProbability <= 2 * MISS_PROBABILITY ? check.missProbability : null;
      const added = check.pairs.filter(
        (pair) =>
          (largest > 0 && pair.value > kth(found, largest) + setup.tolerance * scale) ||
          (smallest > 0 && pair.value < kthFromBelow(found, smallest) - setup.tolerance * scale),
      );
      if (added.length === 0) break;
      news += added.length;
      found = [...found, ...added].toSorted((a, b) => a.value - b.value);
      scale = Math.max(scale, check.scale);
      converged &&= check.converged;
      if (!check.converged) break;
    }
    multiplicity = {
      checked,
      products: products.count() - before,
      found: news,
      missProbability,
      margin: MARGIN * scale,
    };
  }

  const pairs = endsOf(found.length, largest, smallest).map((i) => found[i]);
  const images = await products.apply(pairs.map((pair) => pair.vector));
  const predicted = productRounding(operator, Math.max(scale, setup.roundingScale));
  let proved = prove(pairs, images, predicted);
  let rounding = predicted;
  if (converged && worstOf(proved) > setup.tolerance * scale && products.affords(pairs.length)) {
    rounding = Math.max(predicted, await measuredRounding(products, pairs, images));
    proved = prove(pairs, images, rounding);
  }
  const top = proved.slice(Math.max(0, proved.length - largest)).toReversed();
  const bottom = proved.slice(0, smallest);
  const plain = ({ value, residual, vector }: Proved): Eigenvalue =>
    options.vectors ? { value, residual, vector } : { value, residual };
  return {
    top: top.map(plain),
    bottom: bottom.map(plain),
    scale,
    products: products.count(),
    method: `thick-restart ${blockSize > 1 ? `block (${blockSize}) ` : ""}Lanczos, full reorthogonalisation`,
    converged: converged && worstOf(proved) <= 2 * Math.max(setup.tolerance * scale, 8 * rounding),
    multiplicity,
  };
}

interface Setup {
  readonly products: Products;
  readonly tolerance: number;
  readonly blockSize: number;
  readonly basisLimit: number;
  readonly roundingScale: number;
}

/** Residuals below this are reached: `tolerance`, or what rounding of the products allows. */
function reachable({ products, tolerance, roundingScale }: Setup, scale: number): number {
  return Math.max(tolerance * scale, productRounding(products.operator, roundingScale));
}

interface Pair {
  readonly value: number;
  readonly vector: Float64Array;
}

interface Target {
  readonly largest: number;
  readonly smallest: number;
  readonly locked: readonly Float64Array[];
  /** Scale known before the search. */
  readonly scale: number;
  /** Products to leave for later. */
  readonly reserve: number;
  /** For the check: the search also ends once nothing beyond these values can plausibly exist, or at the cap. */
  readonly against?: { readonly above: number; readonly below: number; readonly cap: number };
}

interface Found {
  readonly pairs: Pair[];
  readonly scale: number;
  readonly converged: boolean;
  /** Whether the check ended at its cap, undecided. */
  readonly capped: boolean;
  readonly missProbability: number;
}

/** The wanted Ritz pairs of A restricted to the complement of `locked`. */
async function searchEnds(setup: Setup, target: Target, random: RandomStream): Promise<Found> {
  const { products, tolerance, blockSize, basisLimit } = setup;
  const { operator } = products;
  const { dimension } = operator;
  const { against } = target;
  const locked = new VectorBasis(dimension, operator.precision);
  for (const vector of target.locked) locked.push(vector);
  const wanted = target.largest + target.smallest;
  const space = new KrylovSpace({
    operator,
    start: randomBlock(random, dimension, blockSize, locked),
    locked,
    refill: random.split("refill"),
  });
  let scale = target.scale;
  let converged = false;
  let missProbability = 1;
  let steps = 0;
  let news = false;
  let undecided = false;
  let nextCheck = wanted;
  while (!converged) {
    const block = space.pending();
    const exhausted = block.length === 0;
    const capped = against !== undefined && !news && products.count() + block.length > against.cap;
    const stopped = !exhausted && (capped || !products.affords(block.length + target.reserve));
    if (!exhausted && !stopped) {
      space.absorb(await products.apply(block));
      steps++;
    }
    const full = space.length + space.pending().length > basisLimit;
    if (space.length === 0) break;
    if (!stopped && !exhausted && !full && space.length < nextCheck && space.pending().length > 0) continue;
    nextCheck = space.length + Math.max(blockSize, Math.floor(space.length / 12));

    const pairs = space.ritz(full);
    const { values, residuals } = pairs;
    const m = values.length;
    scale = Math.max(scale, Math.abs(values[0]), Math.abs(values[m - 1]));
    const ends = endsOf(m, target.largest, target.smallest);
    const worst = ends.reduce((most, i) => Math.max(most, residuals[i]), 0);
    converged = (m >= wanted && worst <= reachable(setup, scale)) || space.pending().length === 0;
    if (against !== undefined) {
      missProbability =
        converged && space.pending().length === 0
          ? 0
          : chanceOfMissing(target, values, steps, dimension, MARGIN * scale);
      // A Ritz value beyond the known ones is news, and has to converge; nothing beyond them has to be believable.
      news =
        (target.largest > 0 && values[m - 1] > against.above + tolerance * scale) ||
        (target.smallest > 0 && values[0] < against.below - tolerance * scale);
      if (news) missProbability = 0;
      converged =
        (converged && (news || reaches(target, values, tolerance * scale))) ||
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
    if (!converged && full) space.restart(pairs, kept(m, target, basisLimit));
  }
  if (space.length === 0) return { pairs: [], scale, converged: false, capped: true, missProbability };
  const pairs = space.ritz(true);
  const ends = endsOf(pairs.values.length, target.largest, target.smallest);
  const vectors = space.lift(ends.map((i) => pairs.coordinates[i]));
  return {
    pairs: ends.map((i, at) => ({ value: pairs.values[i], vector: vectors[at] })),
    scale,
    converged,
    capped: undecided,
    missProbability,
  };
}

/** Indices (ascending order of values) of the wanted ends, without repetition. */
function endsOf(m: number, largest: number, smallest: number): number[] {
  const low = Math.min(smallest, m);
  const high = Math.max(low, m - largest);
  return [...Array.from({ length: low }, (_, i) => i), ...Array.from({ length: m - high }, (_, i) => high + i)];
}

/** Ritz vectors that survive a restart: the wanted ones and the nearest third of the basis beyond them. */
function kept(m: number, target: Target, basisLimit: number): number[] {
  const wanted = target.largest + target.smallest;
  const spare = Math.max(1, Math.floor((basisLimit - wanted) / 3));
  const share = (end: number): number => (end === 0 ? 0 : end + Math.ceil((spare * end) / wanted));
  return endsOf(m, share(target.largest), share(target.smallest));
}

/** Whether the converged extremes of the check touch the known values: multiplicity that the list already ends with. */
function reaches(target: Target, values: Float64Array, slack: number): boolean {
  const { against } = target;
  if (against === undefined) return true;
  const above = target.largest === 0 || values[values.length - 1] >= against.above - slack;
  const below = target.smallest === 0 || values[0] <= against.below + slack;
  return above && below;
}

/**
 * If the complement had an eigenvalue at or beyond above = `against.above` + margin, j steps from a random start would
 * leave the Ritz value at θ or below with probability at most 1.648 √n exp(−(2j − 1)√ε), where
 * ε = (above − θ)/(above − λmin) (Kuczyński & Woźniakowski 1992, Theorem 4.2); likewise below.
 */
function chanceOfMissing(
  target: Target,
  values: Float64Array,
  steps: number,
  dimension: number,
  margin: number,
): number {
  const { against } = target;
  if (against === undefined) return 1;
  const low = values[0];
  const high = values[values.length - 1];
  const bound = (gap: number, spread: number): number =>
    gap <= 0 || spread <= 0
      ? 1
      : Math.min(1, 1.648 * Math.sqrt(dimension) * Math.exp(-(2 * steps - 1) * Math.sqrt(gap / spread)));
  let chance = 0;
  if (target.largest > 0)
    chance += bound(against.above + margin - high, against.above + margin - Math.min(low, against.below));
  if (target.smallest > 0)
    chance += bound(low - against.below + margin, Math.max(high, against.above) - against.below + margin);
  return Math.min(1, chance);
}

/** Keeps what is among the `largest` or the `smallest` of the pairs, ascending. */
function pick(pairs: readonly Pair[], largest: number, smallest: number): Pair[] {
  const sorted = pairs.toSorted((a, b) => a.value - b.value);
  return endsOf(sorted.length, largest, smallest).map((i) => sorted[i]);
}

/** The smallest of the `largest` top values of an ascending list; −∞ when none is wanted. */
function kth(found: readonly Pair[], largest: number): number {
  return largest === 0 ? Number.NEGATIVE_INFINITY : found[Math.max(0, found.length - largest)].value;
}

function kthFromBelow(found: readonly Pair[], smallest: number): number {
  return smallest === 0 ? Number.POSITIVE_INFINITY : found[Math.min(found.length, smallest) - 1].value;
}

type Proved = Required<Eigenvalue>;

/** Rayleigh quotients and residuals from fresh products, with what their rounding may hide; ascending. */
function prove(pairs: readonly Pair[], images: readonly Float64Array[], rounding: number): Proved[] {
  return pairs
    .map(({ vector }, i): Proved => {
      const value = dot(vector, images[i]) / dot(vector, vector);
      const rest = images[i].slice();
      axpy(-value, vector, rest);
      return { value, residual: norm2(rest) / norm2(vector) + rounding, vector };
    })
    .toSorted((a, b) => a.value - b.value);
}

function worstOf(pairs: readonly Eigenvalue[]): number {
  return pairs.reduce((most, pair) => Math.max(most, pair.residual), 0);
}

/**
 * Largest ‖A(3v)/3 − Av‖ over the pairs: exactly 0 but for rounding. Where A is what a cancellation left
 * over (a loss near zero has a Hessian of 1 − p with p near 1), it is far above what the size of A predicts,
 * and no search can bring a residual below it. Cost: one product a pair.
 */
async function measuredRounding(
  products: Products,
  pairs: readonly Pair[],
  images: readonly Float64Array[],
): Promise<number> {
  const tripled = await products.apply(pairs.map(({ vector }) => vector.map((x) => 3 * x)));
  return tripled.reduce((most, image, i) => {
    const difference = image.map((x, j) => x / 3 - images[i][j]);
    return Math.max(most, norm2(difference) / norm2(pairs[i].vector));
  }, 0);
}

function describe(values: Float64Array, residuals: Float64Array, target: Target): string {
  const m = values.length;
  const parts: string[] = [];
  if (target.largest > 0) parts.push(`λmax ≈ ${values[m - 1].toPrecision(5)} ± ${residuals[m - 1].toExponential(1)}`);
  if (target.smallest > 0) parts.push(`λmin ≈ ${values[0].toPrecision(5)} ± ${residuals[0].toExponential(1)}`);
  return parts.join(", ");
}
