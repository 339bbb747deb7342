import {
  bytesOfSearch,
  extremalEigenpairs,
  productsOfSearch,
  type ExtremalResult,
} from "../estimators/extremal-eigenpairs.ts";
import { gaussNewtonOperator } from "./gauss-newton-operator.ts";
import { hessianExtremes } from "./hessian-extremes.ts";
import { bytesOfVectors } from "./memory.ts";
import { defineQuantity } from "./quantity.ts";
import { workOfSearch } from "./search-work.ts";

/** The largest eigenpairs of G, with vectors, as many as of H are wanted, from a Krylov space (`extremalEigenpairs`). */
export const gaussNewtonExtremes = defineQuantity({
  name: "largest eigenvalues of the Gauss–Newton matrix",
  parameters: hessianExtremes.parameters.pick({ top: true, tol: true }),
  cost: ({ problem }, { top: largest }) => productsOfSearch(problem.space.dimension, { largest, blockSize: 1 }),
  besides: (setting, { top: largest }) => workOfSearch(setting, { largest, blockSize: 1 }),
  bytes: ({ problem }, { top: largest }) => ({
    working: bytesOfSearch(problem.point, { largest }),
    kept: bytesOfVectors(problem.space.dimension, largest),
  }),
  compute: (desk, { top: largest, tol: tolerance }): Promise<ExtremalResult> =>
    extremalEigenpairs(
      desk.operator(gaussNewtonOperator),
      {
        largest,
        tolerance,
        blockSize: 1,
        vectors: true,
        // One example may outweigh all others by more than the tolerance: what they leave is looked for, too.
        relative: true,
      },
      desk.random.split("gauss-newton"),
      desk.stage("Gauss–Newton matrix"),
    ),
});
