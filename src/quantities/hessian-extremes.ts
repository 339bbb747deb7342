import { z } from "zod";
import { denseEnds, prefersMatrix } from "../estimators/dense-extremes.ts";
import {
  bytesOfSearch,
  extremalEigenpairs,
  productsOfSearch,
  type ExtremalResult,
} from "../estimators/extremal-eigenpairs.ts";
import { withWiderResiduals } from "../estimators/prove-pairs.ts";
import { together } from "../util/together.ts";
import { denseHessian } from "./dense-hessian.ts";
import { hessianMatrix, isSmall } from "./hessian-matrix.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { bytesOfVectors } from "./memory.ts";
import { defineQuantity, onlyIf } from "./quantity.ts";
import { sampledHessianTrace } from "./sampled-hessian-trace.ts";
import { workOfSearch } from "./search-work.ts";
import type { Setting } from "./setting.ts";

const parameters = z.object({
  top: z.number().int().min(1).default(5).describe("how many of the largest Hessian eigenvalues"),
  bottom: z.number().int().min(1).default(3).describe("how many of the smallest Hessian eigenvalues"),
  tol: z
    .number()
    .positive()
    .optional()
    .describe("residual of the eigenvalues relative to the largest (1e-6, or 1e-4 in float32)"),
});

type Wanted = z.output<typeof parameters>;

/** Whether so many are wanted that they are found more cheaply from the whole matrix. */
function prefers({ problem }: Setting, { top, bottom }: Wanted): boolean {
  return prefersMatrix(problem.space.dimension, top + bottom);
}

/** Whether they come from the whole matrix: where that is cheaper, or where something else in the run computes it. */
export function comesFromMatrix(setting: Setting): boolean {
  if (!isSmall(setting)) return false;
  // Where time is short, the ends of the spectrum are worth more than the whole of it, and come first.
  return prefers(setting, setting.parametersOf({ parameters })) || (setting.wants(hessianMatrix) && !setting.hasBudget);
}

/**
 * The extreme eigenpairs of H, with vectors: λ and v with ‖Hv − λv‖. From a Krylov space (`extremalEigenpairs`), or from
 * the matrix.
 */
export const hessianExtremes = defineQuantity({
  name: "extreme eigenpairs of the Hessian",
  parameters,
  needs: [onlyIf(comesFromMatrix, denseHessian)],
  cost: (setting, { top, bottom }) =>
    comesFromMatrix(setting)
      ? 0
      : productsOfSearch(setting.problem.space.dimension, { largest: top, smallest: bottom }),
  besides: (setting, { top, bottom }) =>
    comesFromMatrix(setting)
      ? { wideProducts: setting.problem.point.hasFloat64 ? top + bottom : 0 }
      : workOfSearch(setting, { largest: top, smallest: bottom }),
  bytes: (setting, { top: largest, bottom: smallest }) => ({
    working: comesFromMatrix(setting) ? 0 : bytesOfSearch(setting.problem.point, { largest, smallest }),
    kept: bytesOfVectors(setting.problem.space.dimension, largest + smallest),
  }),
  compute: async (desk, wanted): Promise<ExtremalResult> => {
    const hessian = desk.operator(hessianOperator);
    const ends = { largest: wanted.top, smallest: wanted.bottom };
    const dense = comesFromMatrix(desk) ? await desk.get(denseHessian) : undefined;
    if (dense) {
      const found = await denseEnds(hessian, dense, ends, desk.stage("Hessian eigenvectors"));
      return withWiderResiduals(hessian, found);
    }
    const searching = extremalEigenpairs(
      hessian,
      { ...ends, tolerance: wanted.tol, vectors: true },
      desk.random.split("extremes"),
      desk.stage("Hessian eigenvalues"),
    );
    // The whole matrix was wanted and is not there.
    if (prefers(desk, wanted) && isSmall(desk))
      return { ...(await searching), reason: "The time was up before the whole matrix was taken apart." };
    // A Krylov space asks for one product after the other; where the engine takes several, the trace fills the pauses.
    if (!desk.wants(sampledHessianTrace) || (hessian.atOnce ?? 1) === 1 || desk.hasBudget) return searching;
    const [extremes] = await together(searching, desk.begin(sampledHessianTrace));
    return extremes;
  },
});

/**
 * Both ends of the spectrum with their vectors, each pair once: in a small dimension the ends overlap.
 *
 * @param most those only whose residual is no larger
 */
export function pairsOf(
  { top, bottom }: ExtremalResult,
  dimension: number,
  most = Number.POSITIVE_INFINITY,
): { readonly value: number; readonly vector: Float64Array }[] {
  const apart = bottom.slice(0, dimension - top.length);
  return [...top, ...apart].flatMap(({ value, residual, vector }) =>
    vector && residual <= most ? [{ value, vector }] : [],
  );
}
