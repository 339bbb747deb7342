import type { Problem } from "../problem/problem.ts";
import type { Plan } from "../runs/plan.ts";

/** What a search for the eigenvectors of an axis takes, about. */
export const SEARCH_PRODUCTS = 100;

/** The plan of losses at many points: first the axes, then a forward pass for each point. */
export function planOfPoints(
  problem: Problem,
  axes: { readonly title: string; readonly products: number },
  points: number,
): Plan {
  return {
    noun: "step",
    steps: [
      { name: "axes", ...axes, bytes: 0, skipped: undefined },
      {
        name: "points",
        title: `${points} points`,
        products: 0,
        work: { losses: points },
        bytes: 0,
        skipped: undefined,
      },
    ],
    tasks: 1,
    problem,
    warnings: [],
  };
}
