import { gaussNewtonProduct } from "../dist/problem/derivatives/gauss-newton.js";
import { hessianProduct } from "../dist/problem/derivatives/hessian.js";
import { openNetwork, readVector } from "./open-network.mjs";

const BLOCK = 8;

/** What is timed of the network in `folder`: each measure with how many vectors share its time. */
export async function ourMeasures(folder) {
  // Room for the data alone: every product computes everything, as the full double backward does.
  const plain = await openNetwork(folder, { cacheBytes: 4 * 2 ** 20 });
  const kept = await openNetwork(folder, { cacheBytes: 1024 * 2 ** 20 });
  const v = readVector(folder, "v.npz", plain.space);
  const block = Array.from({ length: BLOCK }, (_, k) => v.map((x, i) => (k === 0 ? x : x * Math.cos(k * (i + 1)))));
  return {
    parameters: plain.space.dimension,
    examples: plain.point.examples,
    measures: {
      gradient: { run: () => plain.point.gradient(), vectors: 1 },
      hessianVector: { run: () => plain.point.product(hessianProduct, [v]), vectors: 1 },
      hessianVectorKept: { run: () => kept.point.product(hessianProduct, block), vectors: BLOCK },
      gaussNewtonVector: { run: () => kept.point.product(gaussNewtonProduct, [v]), vectors: 1 },
    },
    /** ‖Hv − oracle‖ / ‖oracle‖ against the vector that PyTorch computed in float64. */
    async hessianVectorError() {
      const [product] = await plain.point.product(hessianProduct, [v]);
      const oracle = readVector(folder, "hv.npz", plain.space);
      const length = (vector) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
      return length(product.map((x, i) => x - oracle[i])) / length(oracle);
    },
  };
}
