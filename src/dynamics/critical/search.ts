import { norm2 } from "../../linalg/vector.ts";
import { type RunContext, throwIfInterrupted } from "../../util/run-context.ts";
import type { Ground } from "./ground.ts";

/** How a search for a critical point can end. */
export const ENDS = [
  { name: "critical", rule: "the gradient fell to the tolerance" },
  {
    name: "gradient-flat",
    rule: "no step along its slope makes ‖∇L‖² smaller: it has a minimum there that is not 0, the gradient lying where the Hessian is 0 (Frye et al. 2021), or the gradient jumps, as at a kink",
  },
  { name: "diverged", rule: "a weight went beyond 10⁸ times the size of the start, or the gradient is no number" },
  { name: "wandering", rule: "the steps were up before" },
] as const;

export type EndName = (typeof ENDS)[number]["name"];

export interface SearchLimits {
  readonly steps: number;
  /** ‖∇L‖ relative to what it was at the start. */
  readonly tolerance: number;
}

/** Where a search ended. */
export interface Found {
  readonly end: EndName;
  readonly theta: Float64Array;
  readonly steps: number;
  /** ‖∇L‖ at the start, which the tolerance is relative to, and at the end. */
  readonly gradientAtStart: number;
  readonly gradientNorm: number;
}

/** A way to minimise ½‖∇L‖². */
export interface SearchMethod {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  search(ground: Ground, start: Float64Array, limits: SearchLimits, context: RunContext): Promise<Found>;
}

/** Where a search stands. */
export interface Place {
  readonly theta: Float64Array;
  readonly gradient: Float64Array;
}

/** A place from which a step is wanted. */
export interface Standing extends Place {
  readonly start: Float64Array;
  /** ‖∇L‖ here and at the start. */
  readonly length: number;
  readonly gradientAtStart: number;
  /** Whether the gradient fell to the tolerance before: steps are to take it to its rounding. */
  readonly isThere: boolean;
}

/**
 * Steps until the gradient has fallen to the tolerance, and `polishing` ones more, which take it to its rounding where they converge as
 * Newton's do.
 *
 * @param next the place that a step leads to, or why it leads nowhere
 */
export async function stepUntilCritical(
  ground: Ground,
  start: Float64Array,
  limits: SearchLimits & { readonly polishing: number },
  next: (from: Standing) => Promise<Place | EndName>,
  context: RunContext,
): Promise<Found> {
  let place: Place = { theta: start, gradient: await ground.at(start, (at) => at.gradient()) };
  const gradientAtStart = norm2(place.gradient);
  const found = (end: EndName, steps: number): Found => ({
    end,
    theta: place.theta,
    steps,
    gradientAtStart,
    gradientNorm: norm2(place.gradient),
  });
  if (!Number.isFinite(gradientAtStart)) return found("diverged", 0);
  let polished = 0;
  for (let step = 0; ; step++) {
    throwIfInterrupted(context);
    const length = norm2(place.gradient);
    const isThere = length <= limits.tolerance * gradientAtStart;
    if (length === 0 || (isThere && polished++ >= limits.polishing)) return found("critical", step);
    if (step >= limits.steps) return found(isThere ? "critical" : "wandering", step);
    const reached = await next({ ...place, start, length, gradientAtStart, isThere });
    // What a polishing step fails at takes nothing from the place that was found.
    if (typeof reached === "string") return found(isThere ? "critical" : reached, step);
    place = reached;
  }
}

const FAR = 1e8;

/** Whether weights ran off: beyond 10⁸ times the size of the start, or no numbers. */
export function isFar(theta: Float64Array, start: Float64Array): boolean {
  const size = start.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
  return !theta.every((x) => Math.abs(x) <= FAR * size);
}
