import {
  bytesOfSearch,
  extremalEigenpairs,
  productsOfSearch,
  type ExtremalResult,
} from "../estimators/extremal-eigenpairs.ts";
import { gaussNewtonExtremes } from "./gauss-newton-extremes.ts";
import { hessianExtremes } from "./hessian-extremes.ts";
import { bytesOfVectors } from "./memory.ts";
import { defineQuantity } from "./quantity.ts";
import { residualOperator } from "./residual-operator.ts";
import { workOfSearch } from "./search-work.ts";

/**
 * Both ends of the spectrum of H − G, from a Krylov space (`extremalEigenpairs`). H and G round each for itself, and
 * their difference knows nothing below that: ‖G‖₂ is known here, and ‖H‖₂ ≤ ‖G‖₂ + ‖H − G‖₂.
 */
export const residualExtremes = defineQuantity({
  name: "extreme eigenvalues of H − G",
  parameters: hessianExtremes.parameters.pick({ bottom: true, tol: true }),
  needs: [gaussNewtonExtremes],
  // Each product of H − G is one of H and one of G.
  cost: ({ problem }, { bottom }) =>
    2 * productsOfSearch(problem.space.dimension, { largest: bottom, smallest: bottom, blockSize: 1 }),
  besides: (setting, { bottom }) => workOfSearch(setting, { largest: bottom, smallest: bottom, blockSize: 1 }, 2),
  bytes: ({ problem }, { bottom }) => ({
    working: bytesOfSearch(problem.point, { largest: bottom, smallest: bottom }),
    kept: bytesOfVectors(problem.space.dimension, 2 * bottom),
  }),
  compute: async (desk, { bottom: wanted, tol: tolerance }): Promise<ExtremalResult> => {
    const { scale: subtracted } = await desk.get(gaussNewtonExtremes);
    return extremalEigenpairs(
      desk.operator(residualOperator),
      { largest: wanted, smallest: wanted, tolerance, subtracted, blockSize: 1, vectors: true },
      desk.random.split("residual"),
      desk.stage("residual part"),
    );
  },
});
