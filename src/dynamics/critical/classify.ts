import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { axpy, dot, norm2 } from "../../linalg/vector.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";
import { type Ground, hessianAt } from "./ground.ts";
import { lightDamping } from "./levenberg-marquardt.ts";

/** Kinds of critical points by the signs of the curvatures; the first whose rule holds counts. */
export const KINDS = [
  { name: "minimum", plural: "minima", rule: "every curvature is positive, but for those along symmetries" },
  { name: "maximum", plural: "maxima", rule: "every curvature is negative, but for those along symmetries" },
  {
    name: "saddle",
    plural: "strict saddles",
    rule: "curvatures of both signs; the index counts the negative ones, and 0 may be among them",
  },
  {
    name: "degenerate",
    plural: "degenerate points",
    rule: "curvatures are 0 that no symmetry explains, and the others are of one sign: higher orders decide",
  },
] as const;

export type KindName = (typeof KINDS)[number]["name"];

/** Signs of the curvatures at a critical point. */
export interface Signs {
  readonly positive: number;
  /** The index. */
  readonly negative: number;
  /** Curvatures that cannot be told from 0. */
  readonly flat: number;
  /** Dimensions along which a symmetry goes: so many are 0 wherever the gradient is. */
  readonly symmetric: number;
}

/** A non-degenerate point is not the same as a strict saddle: diag(1, 0, −1) is strict and degenerate. */
export function kindOf({ positive, negative, flat, symmetric }: Signs): KindName {
  if (positive > 0 && negative > 0) return "saddle";
  if (flat > symmetric || positive + negative === 0) return "degenerate";
  return negative === 0 ? "minimum" : "maximum";
}

/** A critical point with all its curvatures. */
export interface Curvatures {
  readonly loss: number;
  /** What the loss may be off from that of the critical point that is near. */
  readonly lossError: number;
  /** What θ may be off, along curvatures that are not 0. */
  readonly distance: number;
  /** Ascending. */
  readonly values: Float64Array;
  /** |λ| up to here cannot be told from 0. */
  readonly zero: number;
}

/**
 * By what a Newton step changes the Hessian, its own change is more than this share of what is left of it: at a zero of
 * order m a step covers 1/m of the way, and curvature, of order m − 1, changes by at least half of what is to go.
 */
const REMAINING = 4;

/**
 * All curvatures at a place that is nearly critical, and which of them are 0, which is measured: H at the place that
 * a Newton step leads to, each weight moved by a unit in its last place besides, differs from H here by what distance to
 * the critical point and rounding make of it; by Weyl's inequality no eigenvalue differs by more than ‖ΔH‖.
 *
 * Cost: two Hessians, one eigenproblem with vectors.
 *
 * @param reach size of the weights at the start of the search
 */
export async function curvaturesAt(
  ground: Ground,
  theta: Float64Array,
  { reach, lossAtStart }: { readonly reach: number; readonly lossAtStart: number },
  random: RandomStream,
  context: RunContext,
): Promise<Curvatures> {
  const n = ground.dimension;
  const here = await ground.at(theta, async (place) => ({
    ...(await hessianAt(place, context)),
    loss: await place.value(),
    gradient: await place.gradient(),
  }));
  const { values, vectors } = symmetricEigen(here.matrix, n, true);
  const largest = Math.max(Math.abs(values[0]), Math.abs(values[n - 1]));
  const damping = lightDamping(largest, norm2(here.gradient), reach);
  const step = new Float64Array(n);
  vectors.forEach((vector, i) => {
    const along = dot(vector, here.gradient);
    if (damping > 0) axpy((-values[i] * along) / (values[i] ** 2 + damping), vector, step);
  });
  const signs = random.rademacherVector(n);
  const moved = theta.map((x, i) => x + step[i] + signs[i] * Number.EPSILON * Math.abs(x));
  const there = await ground.at(moved, (place) => hessianAt(place, context));
  const change = norm2(there.matrix.map((x, i) => x - here.matrix[i]));
  return {
    loss: here.loss,
    lossError:
      REMAINING * Math.abs(dot(here.gradient, step)) +
      64 * Number.EPSILON * (Math.abs(here.loss) + Math.abs(lossAtStart)),
    distance: REMAINING * norm2(step),
    values,
    zero: REMAINING * (change + here.asymmetry) + n * Number.EPSILON * largest,
  };
}

/** How many curvatures are of each sign. */
export function signsOf({ values, zero }: Pick<Curvatures, "values" | "zero">, symmetric: number): Signs {
  const negative = values.filter((x) => x < -zero).length;
  const positive = values.filter((x) => x > zero).length;
  return { positive, negative, flat: values.length - positive - negative, symmetric };
}
