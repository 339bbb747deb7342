import { dot } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { empiricalFisherProduct } from "../problem/derivatives/empirical-fisher.ts";
import { contributionsOf } from "./contributions.ts";
import { dataGradient } from "./data-gradient.ts";
import type { Desk } from "./desk.ts";
import { scaledRounding } from "./measured-operator.ts";
import { defineOperator, productOf } from "./operator.ts";
import { wideGradients } from "./wide-gradients.ts";

const empiricalFisher = productOf(empiricalFisherProduct, "the empirical Fisher matrix");

/** v ↦ c Fv − (gᵀv) g. */
function centred(
  multiply: LinearOperator["apply"],
  factor: number,
  gradientOf: () => Promise<Float64Array>,
): LinearOperator["apply"] {
  return async (block) => {
    const mean = await gradientOf();
    const products = await multiply(block);
    return products.map((product, j) => {
      const along = dot(mean, block[j]);
      return product.map((x, i) => factor * x - along * mean[i]);
    });
  };
}

/** Σ's factor of the empirical Fisher matrix, which is a mean over all examples of their own undivided gradients. */
function factorAt({ point }: Desk): number {
  const { examples, scale } = contributionsOf(point);
  return (point.examples / examples.length) * scale ** 2;
}

/** Σ = (1/n) Σ gᵢgᵢᵀ − ggᵀ, without the L2 term: the covariance of the gradients of the examples that have a term. */
export const noiseCovarianceOperator = defineOperator({
  name: "the covariance of the examples' gradients",
  rounding: "rounding of the noise",
  narrow: (desk) => {
    const fisher = desk.operator(empiricalFisher);
    const apply = centred(
      (block) => fisher.apply(block),
      factorAt(desk),
      () => dataGradient.on(desk),
    );
    const { rounding } = fisher;
    // Σ itself is measured in the wider arithmetic, where there is one.
    return {
      ...fisher,
      diagonalBlock: undefined,
      apply,
      rounding: rounding && (async () => scaledRounding(await rounding(), factorAt(desk))),
    };
  },
  yardstick: (desk) => {
    const { wider } = desk.operator(empiricalFisher);
    const mean = async () => (await wideGradients.on(desk))?.mean ?? dataGradient.on(desk);
    return { wide: wider && centred((block) => wider.apply(block), factorAt(desk), mean) };
  },
});
