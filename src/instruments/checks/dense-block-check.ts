import { heldParameters } from "../../problem/held-parameters.ts";
import type { CheckDefinition } from "./check.ts";
import { genericDirection } from "./generic-direction.ts";
import { HESSIAN } from "./hessian-check.ts";
import { checkProduct, PRODUCT_LIMIT, VECTORS_OF_PRODUCT_CHECK } from "./product-check.ts";
import { bytesOfVectors } from "../../quantities/memory.ts";

/** How many tensors are moved, where there are more. */
const MOVED = 24;

/** The blocks of the Hessian that belong to two tensors, against finite differences of the gradient. */
export const denseBlockCheck: CheckDefinition = {
  name: "dense-block",
  title: "Hessian blocks against finite differences",
  detail: `Each tensor (or ${MOVED} of them) moved alone along a random direction: Hv against central differences of the gradient, tensor by tensor; the error counts beside the tensor's part of (H − G)v, as far as differences tell it, or of Hv.`,
  limit: { float32: PRODUCT_LIMIT.float64, float64: PRODUCT_LIMIT.float64 },
  cost: ({ space }) => ({ products: 3 * space.tensors.length, gradients: 8 * space.tensors.length }),
  bytes: ({ space }) =>
    bytesOfVectors(space.dimension, VECTORS_OF_PRODUCT_CHECK + 3 * Math.min(MOVED, space.tensors.length)),
  measure: (bench) =>
    checkProduct(bench, {
      ...HESSIAN,
      method: denseBlockCheck.detail,
      vectors: (problem, point) => {
        const { tensors } = problem.space;
        const direction = genericDirection(problem, point, bench.random.split("v"));
        const held = heldParameters(problem.network);
        const moved = bench.random
          .split("tensors")
          .permutation(tensors.length)
          .filter((t) => !held.has(t));
        return Array.from(moved.subarray(0, MOVED), (t) => {
          const { offset, size } = tensors[t];
          return direction.map((x, i) => (i >= offset && i < offset + size ? x : 0));
        });
      },
    }),
};
