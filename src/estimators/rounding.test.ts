import { describe, expect, it } from "vitest";
import { productOperator } from "../operators/problem-operators.ts";
import { hessianProduct } from "../problem/products.ts";
import { createRandom } from "../random/random-stream.ts";
import { arraysOf, openReference } from "../../test/support/reference-case.ts";
import { extremalEigenpairs } from "./extremal-eigenpairs.ts";

const TIMEOUT = 120_000;

describe("residuals of products in float32", () => {
  it.each(["softplus-wine-f64", "mlp-tanh-digits", "lenet-digits", "resnet8-digits"] as const)(
    "%s: hold the distance to the float64 spectrum, also where Lanczos is run to the end of float32",
    { timeout: TIMEOUT },
    async (name) => {
      const truth = arraysOf(name, "spectrum.npz").get("eigenvalues")?.data ?? [];
      const scale = truth[truth.length - 1];
      const problem = openReference(name, { precision: "float32", batchSize: 512 });
      const options = { largest: 10, smallest: 5, tolerance: 1e-7, maxProducts: 250, checkMultiplicity: false };
      const { top, bottom } = await extremalEigenpairs(
        productOperator(problem, hessianProduct),
        options,
        createRandom(3),
        {},
      );
      await problem.close();
      for (const { value, residual } of [...top, ...bottom]) {
        const distance = Math.min(...Array.from(truth, (each) => Math.abs(value - each)));
        expect(distance).toBeLessThanOrEqual(residual);
        // A floor of the size of rounding, and not of a tolerance.
        expect(residual).toBeLessThan(2 ** -24 * scale * (Math.sqrt(truth.length + 64) + 40));
      }
    },
  );
});
