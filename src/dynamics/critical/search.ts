import type { RunContext } from "../../util/run-context.ts";
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

const FAR = 1e8;

/** Whether weights ran off: beyond 10⁸ times the size of the start, or no numbers. */
export function isFar(theta: Float64Array, start: Float64Array): boolean {
  const size = start.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
  return !theta.every((x) => Math.abs(x) <= FAR * size);
}
