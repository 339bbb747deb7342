import { z } from "zod";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import type { Eigenvalue, EstimatorDescription } from "./estimate.ts";
import { invariantBelow } from "./krylov-space.ts";
import { inPlace, outermost, type Rest } from "./place-in-spectrum.ts";
import { countProducts, requireSymmetric, requireTolerance } from "./products.ts";
import { provePairs, worstOf, type ProvedPair } from "./prove-pairs.ts";
import {
  endsOf,
  MARGIN,
  MISS_PROBABILITY,
  searchEnds,
  slackOf,
  type Pair,
  type SearchSetup,
  type Seen,
} from "./search-ends.ts";
import { countFrom, type OptionsOf, tolerance, vector } from "../util/options.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { maxOf, minOf } from "../util/extremes.ts";

export const extremalOptions = z.object({
  /** How many eigenvalues at the upper end; default 1. */
  largest: countFrom(0).optional(),
  /** How many at the lower end; default 0. */
  smallest: countFrom(0).optional(),
  /** Largest residual, relative to the largest |eigenvalue| seen; default 1e-6, or 1e-4 in float32. */
  tolerance: tolerance.optional(),
  maxProducts: countFrom(0).optional(),
  /** Most vectors held at once; default what 1 GB holds, at most 400. */
  basisLimit: countFrom(1).optional(),
  /**
   * Vectors multiplied together; default the operator's preferred block. A block of four takes about twice the products
   * of one vector after the other (built-in network, three at both ends of H − G: 222 and 115), and sees copies at once.
   */
  blockSize: countFrom(1).optional(),
  /** Return the eigenvectors too. */
  vectors: z.boolean().optional(),
  /** Look for copies that one Krylov space cannot see; default true. */
  checkMultiplicity: z.boolean().optional(),
  /**
   * Look for each eigenvalue to a tenth of itself, too, where it lies below the tolerance of the largest and above rounding:
   * for the upper end of a matrix that has no negative eigenvalues and few others. Default false: the other end of a
   * spectrum is often dense near 0.
   */
  relative: z.boolean().optional(),
  /** Largest |eigenvalue| of the matrices that the operator is a difference of: its products are rounded as theirs are. */
  roundingScale: tolerance.optional(),
  /** ‖S‖₂ where A = M − S is multiplied as a difference: M and S round each for itself, and ‖M‖₂ ≤ ‖A‖₂ + ‖S‖₂. */
  subtracted: tolerance.optional(),
  /**
   * Vectors near the wanted ones, as those of the matrix before in a series; none are known at its begin. The search then
   * takes one vector after the other, starts from these with a random part, and itself bounds what it may have missed, so
   * that no second one is needed: for one eigenvalue at each end at most, whose copies it does not count.
   */
  near: z.array(vector()).optional(),
});

export type ExtremalOptions = OptionsOf<typeof extremalOptions>;

export interface ExtremalResult {
  /** Descending. */
  readonly top: Eigenvalue[];
  /** Ascending. */
  readonly bottom: Eigenvalue[];
  /** Largest |Ritz value| seen: what residuals are relative to. */
  readonly scale: number;
  /** The largest and the smallest Ritz value seen, each less what counts as no news: λmax is no smaller, λmin no larger. */
  readonly seen: Seen;
  readonly products: number;
  readonly method: string;
  readonly converged: boolean;
  /** Why it is not converged, where that is known better than that residuals stayed above the tolerance. */
  readonly reason?: string;
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
  /** A share of the scale; what the residuals leave where the whole spectrum was seen, and the probability is 0. */
  readonly margin: number;
}

/**
 * Products that a search takes, about: on four trained networks of 763 to 2410 parameters, with the tolerance of their
 * arithmetic, 40 to 86 for five at one end and 144 to 288 for six or eight at both; half of that where one vector is
 * multiplied after the other. Where the spectrum is dense at its ends it may be several times as many.
 */
export function productsOfSearch(
  dimension: number,
  { largest = 1, smallest = 0, blockSize }: Pick<ExtremalOptions, "largest" | "smallest" | "blockSize">,
): number {
  const inBlocks = smallest > 0 ? 80 + 20 * (largest + smallest) : 50 + 4 * largest;
  return Math.min(2 * dimension, blockSize === 1 ? inBlocks / 2 : inBlocks);
}

/**
 * How often a vector of such a search is made orthogonal to another: a basis grows to its limit, and where more products
 * are needed than it holds, it is three quarters full on average.
 */
export function projectionsOfSearch(
  operator: Pick<LinearOperator, "dimension" | "precision" | "preferredBlock">,
  ends: Pick<ExtremalOptions, "largest" | "smallest" | "blockSize">,
): number {
  const products = productsOfSearch(operator.dimension, ends);
  const basis = basisOf(operator, ends);
  return products * (products > basis ? 0.75 * basis : basis / 2);
}

/** Bytes of the vectors that such a search holds at most, about. */
export function bytesOfSearch(
  operator: Pick<LinearOperator, "dimension" | "precision" | "preferredBlock">,
  ends: Pick<ExtremalOptions, "largest" | "smallest">,
): number {
  return basisOf(operator, ends) * operator.dimension * (operator.precision === "float32" ? 4 : 8);
}

/** Vectors that the basis of a search holds at most. */
function basisOf(
  { dimension, preferredBlock }: Pick<LinearOperator, "dimension" | "precision" | "preferredBlock">,
  ends: Pick<ExtremalOptions, "largest" | "smallest">,
): number {
  const wanted = Math.min(dimension, ends.largest ?? 1) + Math.min(dimension, ends.smallest ?? 0);
  const limit = Math.max(defaultBasis(dimension), leastBasis(wanted, preferredBlock));
  return Math.min(dimension, limit, productsOfSearch(dimension, ends));
}

/** Vectors that 1 GB holds, at most 400. */
function defaultBasis(dimension: number): number {
  return Math.min(400, Math.floor(1e9 / (8 * dimension)));
}

/** Below that a space could not be restarted. */
function leastBasis(wanted: number, blockSize: number): number {
  return 2 * wanted + 3 * blockSize + 4;
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

/**
 * Both ends of the spectrum at once. Thick-restart (block) Lanczos with full reorthogonalisation until
 * the residual of every wanted pair is below tolerance × scale; then a second space, orthogonal to what
 * was found and started at random, looks for further copies of multiple eigenvalues (a Krylov space from
 * one vector contains one direction of each eigenspace only) and for values that were passed over; what
 * it finds is converged and merged. Residuals of the result come from fresh products; where neighbours, or what both spaces
 * leave, lie so near that the i-th eigenvalue may be another, they reach as far (`errorsInPlace`).
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
  requireTolerance(options.tolerance);
  const { dimension } = operator;
  const largest = Math.min(options.largest ?? 1, dimension);
  const smallest = Math.min(options.smallest ?? 0, dimension);
  const wanted = largest + smallest;
  const { near } = options;
  if (near !== undefined) requireOneEach(operator, near, { largest, smallest });
  const blockSize = near ? 1 : Math.max(1, Math.min(options.blockSize ?? operator.preferredBlock, dimension));
  const setup: SearchSetup = {
    products: countProducts(operator, context, options.maxProducts),
    tolerance: options.tolerance ?? (operator.precision === "float32" ? 1e-4 : 1e-6),
    blockSize,
    roundingScale: Math.max(options.roundingScale ?? 0, options.subtracted ?? 0),
    relative: options.relative ?? false,
    basisLimit: Math.max(options.basisLimit ?? defaultBasis(dimension), leastBasis(wanted, blockSize)),
  };
  const { products } = setup;

  // The verifying products at the end belong to the budget.
  const reserve = Math.min(wanted, dimension);
  const first = await searchEnds(
    setup,
    { largest, smallest, locked: [], scale: 0, reserve, near },
    random.split("first"),
  );
  const isSeen = first.exhausted || (near !== undefined && first.missProbability <= 2 * MISS_PROBABILITY);
  let found: Found = {
    pairs: pick(first.pairs, largest, smallest),
    scale: first.scale,
    seen: first.seen,
    rest: first.rest,
    converged: first.converged,
    beyond: first.exhausted ? 0 : undefined,
    multiplicity: {
      checked: isSeen,
      products: 0,
      found: 0,
      missProbability: first.exhausted ? 0 : isSeen ? first.missProbability : null,
      margin: MARGIN * first.scale,
    },
  };
  if (found.converged && !isSeen && (options.checkMultiplicity ?? true))
    found = await checkMultiplicity(setup, found, { largest, smallest, reserve: reserve - wanted }, random);

  const { scale, seen, rest, converged, multiplicity, beyond } = found;
  const stated = endsOf(found.pairs.length, largest, smallest);
  const pairs = stated.map((i) => found.pairs[i]);
  const predicted = products.rounding("norm", Math.max(scale + (options.subtracted ?? 0), setup.roundingScale));
  const { proved, rounding } = await provePairs(products, pairs, predicted);
  // Pairs that the check has pushed out of the list lie beside it.
  const left = found.pairs.filter((_, i) => !stated.includes(i)).map(({ value }) => value);
  const top = inPlace(
    proved.slice(Math.max(0, proved.length - largest)).toReversed(),
    Math.max(rest.highest, maxOf(left)) + rounding,
  );
  const bottom = inPlace(proved.slice(0, smallest), Math.min(rest.lowest, minOf(left)) - rounding, -1);
  const plain = ({ value, residual: found, vector }: ProvedPair): Eigenvalue => {
    // What is not told from 0 has a vector that may be any, and one that is any holds a share 1/√n of those beyond it.
    const residual = options.relative && found > Math.abs(value) ? Math.sqrt(dimension) * found : found;
    return options.vectors ? { value, residual, vector } : { value, residual };
  };
  return {
    top: top.map(plain),
    bottom: bottom.map(plain),
    scale,
    seen: {
      highest: seen.highest - slackOf(setup, scale, seen.highest),
      lowest: seen.lowest + slackOf(setup, scale, seen.lowest),
    },
    products: products.count(),
    method: `thick-restart ${blockSize > 1 ? `block (${blockSize}) ` : ""}Lanczos, full reorthogonalisation${near?.length ? ", started near" : ""}`,
    converged: converged && worstOf(proved) <= 2 * Math.max(setup.tolerance * scale, 8 * rounding),
    multiplicity:
      beyond === undefined
        ? multiplicity
        : { ...multiplicity, margin: beyond + leftByResiduals(setup, found, proved, rounding) },
  };
}

/** @throws usage error `several-near`; `dimension-mismatch` */
function requireOneEach(
  { dimension, name }: LinearOperator,
  near: readonly Float64Array[],
  { largest, smallest }: { readonly largest: number; readonly smallest: number },
): void {
  if (largest > 1 || smallest > 1)
    throw new ThalwegError({
      kind: "usage",
      code: "several-near",
      message: `A search near known vectors finds one eigenvalue at each end, and ${largest} and ${smallest} are wanted.`,
      hint: "Leave near out, or ask for largest: 1 and smallest: 1.",
    });
  const other = near.find(({ length }) => length !== dimension);
  if (other === undefined) return;
  throw new ThalwegError({
    kind: "usage",
    code: "dimension-mismatch",
    message: `${name} has dimension ${dimension}, and a vector near the wanted ones has ${other.length}.`,
  });
}

/**
 * How far an eigenvalue may lie from all Ritz values once these are of the whole space: [V, W]ᵀA[V, W] is
 * [Θ, Eᵀ; E, B] with ‖E‖_F² = Σ ‖Av − θv‖² over the pairs found, and eig(B) was seen but for rounding and for what the
 * space takes for invariant; eigenvalues move by ‖E‖₂ at most (Weyl 1912).
 */
function leftByResiduals(
  { products: { operator }, tolerance }: SearchSetup,
  { pairs, scale }: Found,
  proved: readonly ProvedPair[],
  rounding: number,
): number {
  const squares = proved.reduce((sum, { residual }) => sum + residual ** 2, 0);
  const others = Math.max(0, pairs.length - proved.length) * (tolerance * scale) ** 2;
  return Math.sqrt(squares + others) + rounding + invariantBelow(operator, scale) * Math.sqrt(operator.dimension);
}

interface Found {
  readonly pairs: readonly Pair[];
  readonly scale: number;
  readonly seen: Seen;
  readonly rest: Rest;
  readonly converged: boolean;
  /** How far beyond the wanted ends the rest of the spectrum was seen to reach, where all of it was. */
  readonly beyond?: number;
  readonly multiplicity: MultiplicityCheck;
}

/** Looks again and again, in the complement of what was found, until nothing new turns up beyond it. */
async function checkMultiplicity(
  setup: SearchSetup,
  first: Found,
  { largest, smallest, reserve }: { readonly largest: number; readonly smallest: number; readonly reserve: number },
  random: RandomStream,
): Promise<Found> {
  const { products } = setup;
  const before = products.count();
  // As many products again as the search took are enough to see what it could see.
  const cap = before;
  let { pairs, scale, seen, rest, converged } = first;
  let news = 0;
  let missProbability: number | null = 0;
  let checked = true;
  let beyond: number | undefined;
  for (let round = 0; pairs.length < products.operator.dimension; round++) {
    const above = kth(pairs, largest);
    const below = kthFromBelow(pairs, smallest);
    const check = await searchEnds(
      setup,
      {
        largest: largest > 0 ? 1 : 0,
        smallest: smallest > 0 ? 1 : 0,
        locked: pairs.map((pair) => pair.vector),
        scale,
        reserve: reserve + pairs.length,
        against: { above, below, cap: products.count() + cap },
      },
      random.split(`check ${round}`),
    );
    seen = { highest: Math.max(seen.highest, check.seen.highest), lowest: Math.min(seen.lowest, check.seen.lowest) };
    rest = outermost(rest, check.rest);
    checked = !check.capped;
    missProbability = check.missProbability <= 2 * MISS_PROBABILITY ? check.missProbability : null;
    const isBeyond = (value: number, end: number) => value > end + slackOf(setup, scale, end);
    const added = check.pairs.filter(
      ({ value }) => (largest > 0 && isBeyond(value, above)) || (smallest > 0 && isBeyond(-value, -below)),
    );
    if (added.length === 0) {
      const { highest, lowest } = check.seen;
      if (check.exhausted) beyond = Math.max(0, largest > 0 ? highest - above : 0, smallest > 0 ? below - lowest : 0);
      break;
    }
    news += added.length;
    pairs = [...pairs, ...added].toSorted((a, b) => a.value - b.value);
    scale = Math.max(scale, check.scale);
    converged &&= check.converged;
    if (!check.converged) break;
  }
  if (pairs.length >= products.operator.dimension) [missProbability, beyond] = [0, 0];
  const multiplicity: MultiplicityCheck = {
    checked,
    products: products.count() - before,
    found: news,
    missProbability,
    margin: MARGIN * scale,
  };
  return { pairs, scale, seen, rest, converged, beyond, multiplicity };
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
