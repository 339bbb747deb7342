import { z } from "zod";
import { denseMatrixInTime, matrixRounding, productsOfMatrix } from "../estimators/exact-spectrum.ts";
import { countProducts } from "../estimators/products.ts";
import { proveMatrix } from "../estimators/prove-matrix.ts";
import type { ProductRounding } from "../operators/linear-operator.ts";
import { productOperator } from "../operators/problem-operators.ts";
import { hessianProduct } from "../problem/derivatives/hessian.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { matrixCheck } from "./matrix-check.ts";
import { bytesOfMatrix } from "./memory.ts";
import { defineQuantity } from "./quantity.ts";
import type { Setting } from "./setting.ts";

/** H as a matrix. */
export interface HessianMatrix {
  /** Row-major, symmetric. */
  readonly matrix: Float64Array;
  /** ‖H‖_F. */
  readonly frobenius: number;
  readonly asymmetry: number;
  /** What rounding of the products may add to the trace and to the Frobenius norm. */
  readonly rounding: Pick<ProductRounding, "frobenius" | "trace">;
  /** What it may add to an eigenvalue, given ‖H‖₂ and ‖H‖_F; ‖H‖_F bounds both. */
  roundingOfEigenvalues(largest: number, frobenius: number): number;
  readonly products: number;
}

/** H as a matrix, as its products gave it; undefined where the dimension is too large for it, or the time was up before. */
export const filledMatrix = defineQuantity({
  name: "Hessian matrix before its proof",
  parameters: z.object({}),
  cost: (setting) => (isSmall(setting) ? productsOfMatrix(productOperator(setting.problem.point, hessianProduct)) : 0),
  bytes: (setting) => ({ kept: isSmall(setting) ? bytesOfMatrix(setting.problem.space.dimension) : 0 }),
  compute: async (desk) => {
    if (!isSmall(desk)) return undefined;
    const products = countProducts(desk.operator(hessianOperator), desk.context);
    const found = await denseMatrixInTime(products, "Hessian matrix");
    return found && { ...found, products };
  },
});

/** The same, proven. */
export const hessianMatrix = defineQuantity({
  name: "Hessian matrix",
  parameters: z.object({
    exactLimit: z
      .number()
      .int()
      .min(0)
      .default(2500)
      .describe("up to how many parameters the whole spectrum is computed"),
  }),
  needs: [filledMatrix],
  // It proves it.
  cost: (setting) => (isSmall(setting) ? 1 : 0),
  compute: async (desk): Promise<HessianMatrix | undefined> => {
    const found = await desk.get(filledMatrix);
    if (!found) return undefined;
    const { matrix, frobenius, asymmetry, products } = found;
    const hessian = desk.operator(hessianOperator);
    const n = desk.problem.space.dimension;
    // Proven by a product that was in no block: a random unit vector meets what rounding adds to a matrix as its columns do on average.
    const rounding = products.rounding("frobenius", frobenius) / Math.sqrt(n);
    desk.checks.push(matrixCheck(await proveMatrix(hessian, matrix, rounding, desk.random.split("matrix proof"))));
    return {
      matrix,
      frobenius,
      asymmetry,
      rounding: {
        frobenius: matrixRounding(products, "frobenius", found),
        trace: matrixRounding(products, "trace", found),
      },
      roundingOfEigenvalues: (largest, length) =>
        Math.max(products.rounding("norm", largest), (16 * asymmetry * length) / Math.sqrt(n)),
      products: products.count(),
    };
  },
});

/** Whether there are so few parameters that the whole matrix is computed where it is of use. */
export function isSmall(setting: Setting): boolean {
  return setting.problem.space.dimension <= setting.parametersOf(hessianMatrix).exactLimit;
}

/** Where there is no whole matrix, something else stands for it. */
export function isLarge(setting: Setting): boolean {
  return !isSmall(setting);
}
