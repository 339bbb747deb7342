import { z } from "zod";
import { spectrumOf, symmetricSpectrum, type SymmetricSpectrum } from "../linalg/symmetric-eigen.ts";
import { norm2 } from "../linalg/vector.ts";
import type { ProductRounding } from "../operators/linear-operator.ts";
import type { ReductionThread } from "../runtime/runtime.ts";
import { inSteps } from "../util/in-steps.ts";
import { throwIfInterrupted } from "../util/run-context.ts";
import { together } from "../util/together.ts";
import type { Desk } from "./desk.ts";
import { filledMatrix, hessianMatrix, isSmall, type HessianMatrix } from "./hessian-matrix.ts";
import { spectrumCheck } from "./spectrum-check.ts";
import { bytesOfMatrix } from "./memory.ts";
import { defineQuantity } from "./quantity.ts";
import type { Setting } from "./setting.ts";

/** The whole spectrum of H, and the matrix. */
export interface DenseHessian extends HessianMatrix {
  readonly spectrum: SymmetricSpectrum;
  /** Ascending. */
  readonly values: Float64Array;
  /** What rounding of the products may add to the trace, to the Frobenius norm, and to an eigenvalue (`norm`). */
  readonly rounding: ProductRounding;
}

/** H as a matrix with all its eigenvalues; undefined where the dimension is too large for it, or the time was up before. */
export const denseHessian = defineQuantity({
  name: "eigenvalues of the Hessian matrix",
  parameters: z.object({}),
  needs: [filledMatrix, hessianMatrix],
  // The triangle that the matrix is reduced in; what a thread of its own made is there twice for a moment.
  bytes: (setting) => {
    const one = isSmall(setting) ? bytesOfMatrix(setting.problem.space.dimension) : 0;
    return { kept: one, working: isApart(setting) ? one : 0 };
  },
  compute: async (desk): Promise<DenseHessian | undefined> => {
    // It starts while the matrix is made.
    await using thread = isApart(desk) ? desk.problem.runtime.openReduction?.() : undefined;
    const filled = await desk.get(filledMatrix);
    if (!filled) return undefined;
    const { matrix } = filled;
    const spectrum = await spectrumOfMatrix(desk, matrix, thread);
    // Where there is a thread, it was proven meanwhile.
    const found = await desk.get(hessianMatrix);
    if (!found || !spectrum) return undefined;
    const { values } = spectrum;
    desk.checks.push(spectrumCheck(matrix, values));
    const scale = Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));
    const norm = found.roundingOfEigenvalues(scale, norm2(values));
    return { ...found, spectrum, values, rounding: { ...found.rounding, norm } };
  },
});

/** From this dimension on, a thread is started for the eigenproblem: it takes a quarter of a second. */
const APART_FROM = 1000;

/** Whether the eigenproblem is given to a thread of its own. */
export function isApart({ problem, hasBudget }: Setting): boolean {
  return problem.space.dimension >= APART_FROM && !hasBudget && problem.runtime.openReduction !== undefined;
}

/** Every eigenvalue, in a thread of its own where there is one, while this one goes on; undefined out of time. */
async function spectrumOfMatrix(
  desk: Desk,
  matrix: Float64Array,
  thread: ReductionThread | undefined,
): Promise<SymmetricSpectrum | undefined> {
  const { problem, context } = desk;
  const n = problem.space.dimension;
  const progress = (share: number) =>
    context.progress?.({ stage: "Hessian eigenvalues", done: Math.round(100 * share), total: 100 });
  const reducing = thread?.reduce(matrix, n, (share) => {
    throwIfInterrupted(context);
    progress(share);
    return !desk.outOfTime;
  });
  if (!reducing) return inSteps(symmetricSpectrum(matrix, n), context, progress);
  const [reduction] = await together(reducing, desk.meanwhile(denseHessian));
  return reduction && spectrumOf(reduction, n);
}
