import { norm2 } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/products.ts";
import { Problem } from "../../problem/problem.ts";
import { relative, type CheckBench, type CheckDefinition } from "./check.ts";
import { isNotFinite, nearbyPoints } from "./nearby-points.ts";

/** Step lengths of finite differences of the gradient. */
const STEPS = [1e-4, 1e-5, 1e-6, 1e-3, 1e-7, 1e-8, 1e-9, 1e-10];
const LIMIT = { float32: 1e-3, float64: 1e-5 } as const;

/** How many rows of H are compared. */
const ROWS = 6;

/** The largest error of a row at one point; `oracle` is the problem in float64, at the same point. */
async function worstRow({ problem, context }: CheckBench, oracle: Problem, point: Float64Array): Promise<number> {
  const gradient = await oracle.gradient(context);
  const coordinates = Array.from(gradient.keys())
    .toSorted((a, b) => Math.abs(gradient[b]) - Math.abs(gradient[a]))
    .slice(0, ROWS);
  const rows = await problem.at(point, () =>
    problem.product(
      hessianProduct,
      coordinates.map((coordinate) => Float64Array.from(point, (_, i) => (i === coordinate ? 1 : 0))),
      context,
    ),
  );
  let worst = 0;
  for (const [r, coordinate] of coordinates.entries()) {
    const at = (h: number) => {
      const there = point.slice();
      there[coordinate] += h;
      return oracle.at(there, () => oracle.gradient(context));
    };
    let best = Number.POSITIVE_INFINITY;
    for (const h of STEPS) {
      const [ahead, behind] = [await at(h), await at(-h)];
      const error = norm2(rows[r].map((x, i) => x - (ahead[i] - behind[i]) / (2 * h)));
      const rounding = (8 * 2 ** -53 * norm2(gradient)) / h;
      best = Math.min(best, relative(Math.max(0, error - rounding), norm2(rows[r])));
      if (best <= LIMIT[problem.options.precision] / 10) break;
    }
    worst = Math.max(worst, best);
  }
  return worst;
}

/** Rows of the Hessian against finite differences of the gradient. */
export const denseBlockCheck: CheckDefinition = {
  name: "dense-block",
  title: "Hessian block against finite differences of the gradient",
  detail:
    "Rows of H at the six coordinates with the largest |∂L| against central differences of the gradient in float64, the best of up to eight step lengths; where kinks or rounding spoil all of them, the same at a point 10 %, then 100 % away.",
  limit: LIMIT,
  measure: async (bench) => {
    const { problem, random } = bench;
    // A step that crosses a kink is off by a finite amount, so it must be shorter than float32 allows.
    const oracle = Problem.open(problem.model, problem.dataset, problem.runtime, {
      ...problem.options,
      precision: "float64",
    });
    try {
      let least = Number.POSITIVE_INFINITY;
      for (const { part, point } of nearbyPoints(problem, problem.parameters, random)) {
        try {
          await oracle.moveTo(point);
          least = Math.min(least, await worstRow(bench, oracle, point));
        } catch (error) {
          if (part === 0 || !isNotFinite(error)) throw error;
        }
        if (least <= LIMIT[problem.options.precision]) break;
      }
      return least;
    } finally {
      await oracle.close();
    }
  },
};
