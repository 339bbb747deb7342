import { z } from "zod";
import { about, aside, unstated } from "../result/known.ts";
import { real } from "../result/real.ts";
import type { FramedAxes } from "./frame.ts";
import { form } from "./small-matrix.ts";

/** Of the change that slope and curvature make up: a loss further off than this has left the quadratic. */
export const LEAVES = 0.1;

const numbers = z.object({
  slope: z.array(real).describe("gᵀv along each axis v."),
  curvature: z.array(z.array(real)).describe("vᵀHw of each two axes."),
  asymmetry: aside(real).describe("|vᵀHw − wᵀHv|: what rounding leaves of the products."),
  share: aside(real).describe(
    "Of the change that slope and curvature make up: a loss further off has left the quadratic.",
  ),
  holdsTo: real
    .nullable()
    .describe(
      "Distance ‖Δθ‖ of the furthest point that is shown to follow it, nearer than any that has left it; 0 where there is none, null where rounding lets nothing be told at any point.",
    ),
  leavesAt: real
    .nullable()
    .describe("Distance of the nearest point that has left it, by more than rounding explains; null where none has."),
});

/** What gradient and Hessian predict: L + gᵀΔ + ½ ΔᵀHΔ. */
export const quadraticPart = about(numbers, {
  members: ({ holdsTo }) => ({ holdsTo: holdsTo === null ? undefined : unstated(holdsTo) }),
});

export type QuadraticPart = z.output<typeof quadraticPart>;

/** Where no point shows whether the loss follows the quadratic. */
export const NOTHING_TOLD =
  "Whether the loss follows slope and curvature cannot be told at any point measured: what they predict is no larger than its rounding.";

/** L + gᵀΔ + ½ ΔᵀHΔ at coordinates. */
export function predicted(
  loss: number,
  { slope, curvature }: Pick<FramedAxes, "slope" | "curvature">,
  at: readonly number[],
): number {
  return loss + slope.reduce((sum, each, i) => sum + each * at[i], 0) + form(curvature, at) / 2;
}

/** A loss that was measured. */
interface Measured {
  readonly at: readonly number[];
  readonly loss: number | null;
}

/**
 * How far from the weights the quadratic describes the loss: up to the nearest point that is off by more than a tenth of
 * |gᵀΔ| + ½ |ΔᵀHΔ|, taken axis by axis, beyond what rounding explains. A point where rounding alone may be more than
 * that tells nothing.
 */
export function quadraticOf(
  axes: FramedAxes,
  { loss: home, rounding }: { readonly loss: number; readonly rounding: number },
  points: Iterable<Measured>,
): QuadraticPart {
  const { slope, curvature, gram, asymmetry } = axes;
  const sizes = curvature.map((row) => row.map(Math.abs));
  let leavesAt = Number.POSITIVE_INFINITY;
  const kept: number[] = [];
  for (const { at, loss } of points) {
    const distance = Math.sqrt(Math.max(0, form(gram, at)));
    if (loss === null || distance === 0) continue;
    const absolute = at.map(Math.abs);
    const change = slope.reduce((sum, each, i) => sum + Math.abs(each * at[i]), 0) + form(sizes, absolute) / 2;
    // A larger loss is rounded in proportion.
    const unsure = rounding * (1 + Math.max(1, home === 0 ? 1 : Math.abs(loss / home)));
    const off = Math.abs(loss - predicted(home, axes, at));
    if (!(off - unsure <= LEAVES * change)) leavesAt = Math.min(leavesAt, distance);
    else if (off + unsure <= LEAVES * change) kept.push(distance);
  }
  const holdsTo = kept.reduce((most, distance) => (distance < leavesAt ? Math.max(most, distance) : most), 0);
  return {
    slope: [...slope],
    curvature: curvature.map((row) => [...row]),
    asymmetry,
    share: LEAVES,
    holdsTo: kept.length === 0 && leavesAt === Number.POSITIVE_INFINITY ? null : holdsTo,
    leavesAt: Number.isFinite(leavesAt) ? leavesAt : null,
  };
}
