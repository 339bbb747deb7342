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
      "Distance ‖Δθ‖ up to which no measured point has left it; 0 where the nearest one has, null where no change is predicted.",
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
 * |gᵀΔ| + ½ |ΔᵀHΔ|, taken axis by axis, beyond what rounding explains.
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
  let isFlat = true;
  for (const { at, loss } of points) {
    const distance = Math.sqrt(Math.max(0, form(gram, at)));
    if (loss === null || distance === 0) continue;
    const absolute = at.map(Math.abs);
    const change = slope.reduce((sum, each, i) => sum + Math.abs(each * at[i]), 0) + form(sizes, absolute) / 2;
    if (change > 0) isFlat = false;
    // A larger loss is rounded in proportion.
    const unsure = rounding * (1 + Math.max(1, home === 0 ? 1 : Math.abs(loss / home)));
    const isOff = !(Math.abs(loss - predicted(home, axes, at)) - unsure <= LEAVES * change);
    if (isOff) leavesAt = Math.min(leavesAt, distance);
    else kept.push(distance);
  }
  const holdsTo = kept.reduce((most, distance) => (distance < leavesAt ? Math.max(most, distance) : most), 0);
  return {
    slope: [...slope],
    curvature: curvature.map((row) => [...row]),
    asymmetry,
    share: LEAVES,
    holdsTo: isFlat ? null : holdsTo,
    leavesAt: Number.isFinite(leavesAt) ? leavesAt : null,
  };
}
