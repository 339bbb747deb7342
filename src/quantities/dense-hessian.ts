import { z } from "zod";
import { denseMatrixInTime, matrixRounding, productsOfMatrix } from "../estimators/exact-spectrum.ts";
import { proveMatrix } from "../estimators/prove-matrix.ts";
import { countProducts } from "../estimators/products.ts";
import { spectrumOf, symmetricSpectrum, type SymmetricSpectrum } from "../linalg/symmetric-eigen.ts";
import { norm2 } from "../linalg/vector.ts";
import type { ProductRounding } from "../operators/linear-operator.ts";
import { productOperator } from "../operators/problem-operators.ts";
import { hessianProduct } from "../problem/derivatives.ts";
import { inSteps } from "../util/in-steps.ts";
import { throwIfInterrupted } from "../util/run-context.ts";
import { together } from "../util/together.ts";
import type { Desk } from "./desk.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { matrixCheck } from "./matrix-check.ts";
import { spectrumCheck } from "./spectrum-check.ts";
import { bytesOfMatrix } from "./memory.ts";
import { defineQuantity } from "./quantity.ts";
import type { Setting } from "./setting.ts";

/** The whole spectrum of H, and the matrix. */
export interface DenseHessian {
  readonly matrix: Float64Array;
  readonly spectrum: SymmetricSpectrum;
  /** Ascending. */
  readonly values: Float64Array;
  readonly asymmetry: number;
  /** What rounding of the products may add to the trace, to the Frobenius norm, and to an eigenvalue (`norm`). */
  readonly rounding: ProductRounding;
  readonly products: number;
}

/** H as a matrix with all its eigenvalues; undefined where the dimension is too large for it, or the time was up before. */
export const denseHessian = defineQuantity({
  name: "Hessian matrix",
  parameters: z.object({
    exactLimit: z
      .number()
      .int()
      .min(0)
      .default(2500)
      .describe("up to how many parameters the whole spectrum is computed"),
  }),
  // The last one proves it.
  cost: (setting) =>
    isSmall(setting) ? productsOfMatrix(productOperator(setting.problem.point, hessianProduct)) + 1 : 0,
  // The matrix, and the triangle that it is reduced in; a thread of its own works on copies of both.
  bytes: (setting) => {
    const both = isSmall(setting) ? 2 * bytesOfMatrix(setting.problem.space.dimension) : 0;
    return { kept: both, working: isApart(setting) ? both : 0 };
  },
  compute: async (desk): Promise<DenseHessian | undefined> => {
    const { context, random } = desk;
    if (!isSmall(desk)) return undefined;
    const hessian = desk.operator(hessianOperator);
    const products = countProducts(hessian, context);
    const found = await denseMatrixInTime(products, "Hessian matrix");
    if (!found) return undefined;
    const { matrix, asymmetry } = found;
    // Proven by a product that was in no block.
    const rounding = products.rounding("norm", norm2(matrix));
    desk.checks.push(matrixCheck(await proveMatrix(hessian, matrix, rounding, random.split("matrix proof"))));
    const spectrum = await spectrumOfMatrix(desk, matrix);
    if (!spectrum) return undefined;
    desk.checks.push(spectrumCheck(matrix, spectrum.values));
    const { values } = spectrum;
    const scale = Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));
    return {
      matrix,
      asymmetry,
      spectrum,
      values,
      rounding: {
        norm: Math.max(products.rounding("norm", scale), (16 * asymmetry * norm2(values)) / Math.sqrt(values.length)),
        frobenius: matrixRounding(products, "frobenius", matrix, asymmetry),
        trace: matrixRounding(products, "trace", matrix, asymmetry),
      },
      products: products.count(),
    };
  },
});

/** From this dimension on, a thread is started for the eigenproblem: it takes a quarter of a second. */
const APART_FROM = 1000;

/** Whether the eigenproblem is given to a thread of its own. */
export function isApart({ problem, hasBudget }: Setting): boolean {
  return problem.space.dimension >= APART_FROM && !hasBudget && problem.runtime.reduceSymmetric !== undefined;
}

/** Every eigenvalue, in a thread of its own where there is one, while this one goes on; undefined out of time. */
async function spectrumOfMatrix(desk: Desk, matrix: Float64Array): Promise<SymmetricSpectrum | undefined> {
  const { problem, context } = desk;
  const n = problem.space.dimension;
  const progress = (share: number) =>
    context.progress?.({ stage: "Hessian eigenvalues", done: Math.round(100 * share), total: 100 });
  const reducing = isApart(desk)
    ? problem.runtime.reduceSymmetric?.(matrix, n, (share) => {
        throwIfInterrupted(context);
        progress(share);
        return !desk.outOfTime;
      })
    : undefined;
  if (!reducing) return inSteps(symmetricSpectrum(matrix, n), context, progress);
  const [reduction] = await together(reducing, desk.meanwhile(denseHessian));
  return reduction && spectrumOf(reduction, n);
}

/** Whether there are so few parameters that the whole matrix is computed where it is of use. */
export function isSmall(setting: Setting): boolean {
  return setting.problem.space.dimension <= setting.parametersOf(denseHessian).exactLimit;
}

/** Where there is no whole matrix, something else stands for it. */
export function isLarge(setting: Setting): boolean {
  return !isSmall(setting);
}
