import type { Eigenvalue, Estimate } from "../../estimators/estimate.ts";
import type { Check } from "../../result/envelope.ts";

/** A layer as it is checked. */
interface Measured {
  readonly trace: Estimate;
  readonly top: Eigenvalue | null;
}

/** Of standard errors: one run in a million passes it by chance. */
const STANDARD_ERRORS = 5;

/**
 * What the blocks of a matrix owe the whole: their traces add up to its trace, and no block has an eigenvalue above its
 * largest one (Cauchy 1829). Each is off by no more than rounding and sampling leave of both.
 *
 * @param whole trace and largest eigenvalue of the whole, where they were looked for to the end
 */
export function layersCheck(
  layers: readonly Measured[],
  whole: { readonly trace?: Estimate; readonly largest?: Eigenvalue },
): Check {
  const measured = Math.max(0, ofTraces(layers, whole.trace), ofTops(layers, whole.largest));
  return {
    name: "layers",
    title: "The layers against the whole",
    passed: measured <= 1,
    measured,
    limit: 1,
    detail:
      "The sum of the layers' traces against the trace, and the largest eigenvalue of each layer's block against that of the whole, which none exceeds, in units of what their errors leave.",
  };
}

/** By how much the traces miss their sum, in units of what their errors leave. */
function ofTraces(layers: readonly Measured[], whole: Estimate | undefined): number {
  if (!whole) return 0;
  const all = [...layers.map(({ trace }) => trace), whole];
  const size = all.reduce((total, { value }) => total + Math.abs(value), 0);
  if (size === 0) return 0;
  const allowed = all.reduce(
    (total, { standardError, rounding = 0 }) => total + STANDARD_ERRORS * standardError + rounding,
    size * all.length * Number.EPSILON,
  );
  return Math.abs(layers.reduce((total, { trace }) => total + trace.value, -whole.value)) / allowed;
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
