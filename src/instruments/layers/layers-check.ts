import type { Eigenvalue, Estimate } from "../../estimators/estimate.ts";
import type { Check } from "../../result/envelope.ts";
import type { Again, BlockTraces } from "../../quantities/block-traces.ts";

/** A layer as it is checked. */
interface Measured {
  readonly trace: Estimate;
  readonly top: Eigenvalue | null;
  readonly again: Again;
}

/** What the layers are held against. */
export interface Whole extends Pick<BlockTraces, "standardErrorOfSum" | "inOneLayer"> {
  /** Trace and largest eigenvalue, where they were looked for to the end. */
  readonly trace?: Estimate;
  readonly largest?: Eigenvalue;
}

/** Of standard errors: one run in a million passes it by chance. */
const STANDARD_ERRORS = 5;

/**
 * What the blocks of a matrix owe the whole: their traces add up to its trace, and no block has an eigenvalue above its
 * largest one (Cauchy 1829); and what each owes itself: its trace is the sum of its eigenvalues, and a product with a
 * vector that lies in a layer is part of those with all. Each is off by no more than rounding and sampling leave.
 */
export function layersCheck(layers: readonly Measured[], whole: Whole): Check {
  const measured = Math.max(whole.inOneLayer, ofTraces(layers, whole), ofTops(layers, whole.largest), ofAgain(layers));
  return {
    name: "layers",
    title: "The layers against the whole",
    passed: measured <= 1,
    measured,
    limit: 1,
    detail:
      "The sum of the layers' traces against the trace; the largest eigenvalue of each layer's block against that of the whole, which none exceeds; each trace against the sum of all eigenvalues of its block, or, where those were not computed, of its diagonal; and, where traces were sampled, a product with a vector that lies in one layer. In units of what their errors leave.",
  };
}

/** By how much the traces miss their sum, in units of what their errors leave. */
function ofTraces(layers: readonly Measured[], { trace: whole, standardErrorOfSum }: Whole): number {
  if (!whole) return 0;
  const all = [...layers.map(({ trace }) => trace), whole];
  const size = all.reduce((total, { value }) => total + Math.abs(value), 0);
  if (size === 0) return 0;
  const allowed = all.reduce(
    (total, { rounding = 0 }) => total + rounding,
    STANDARD_ERRORS * Math.hypot(standardErrorOfSum, whole.standardError) + size * all.length * Number.EPSILON,
  );
  return Math.abs(layers.reduce((total, { trace }) => total + trace.value, -whole.value)) / allowed;
}

/** By how much a layer's trace misses that which was found in another way, in the same units. */
function ofAgain(layers: readonly Measured[]): number {
  const off = layers.map(({ trace, again }) => {
    const error = Math.abs(trace.value - again.value);
    return error === 0 ? 0 : error / (again.allowed + Number.MIN_VALUE);
  });
  return Math.max(0, ...off);
}

/** By how much the largest eigenvalue of a block is above that of the whole, in the same units. */
function ofTops(layers: readonly Measured[], whole: Eigenvalue | undefined): number {
  if (!whole) return 0;
  const above = layers.flatMap(({ top }) => {
    if (!top || top.value <= whole.value) return [];
    const room = top.residual + whole.residual + layers.length * Number.EPSILON * Math.abs(top.value);
    return [(top.value - whole.value) / room];
  });
  return Math.max(0, ...above);
}
