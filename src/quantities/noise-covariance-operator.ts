import { dot } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { empiricalFisherProduct } from "../problem/derivatives/empirical-fisher.ts";
import type { Point } from "../problem/point.ts";
import { contributionsOf } from "./contributions.ts";
import { dataGradient } from "./data-gradient.ts";
import type { Desk } from "./desk.ts";
import { gradientByCount } from "./gradient-by-count.ts";
import { scaledRounding } from "./measured-operator.ts";
import { defineOperator, productOf } from "./operator.ts";
import { wideGradients } from "./wide-gradients.ts";

const empiricalFisher = productOf(empiricalFisherProduct, "the empirical Fisher matrix");

/** g, and the mean of the gᵢ by how much each example counts, which is g too where all count alike. */
interface Means {
  readonly mean: Float64Array;
  readonly byCount: Float64Array;
}

/** v ↦ c Fv − (gᵀv) g, or what that is of a mean in which examples count unequally (`Deviations`). */
function centred(
  multiply: LinearOperator["apply"],
  { point }: Desk,
  meansOf: () => Promise<Means>,
): LinearOperator["apply"] {
  const factor = factorAt(point);
  const { deviations } = contributionsOf(point);
  return async (block) => {
    const means = await meansOf();
    const products = await multiply(block);
    return products.map((product, j) =>
      deviations.product(
        product.map((x) => factor * x),
        { ...means, along: dot(means.mean, block[j]), alongByCount: dot(means.byCount, block[j]) },
      ),
    );
  };
}

/** Σ's factor of the empirical Fisher matrix, which is a mean over all examples of their own undivided gradients. */
function factorAt(point: Point): number {
  const { examples, scale } = contributionsOf(point);
  return (point.examples / examples.length) * scale ** 2;
}

async function meansOf(desk: Desk): Promise<Means> {
  const mean = await dataGradient.on(desk);
  return { mean, byCount: (await gradientByCount.on(desk)) ?? mean };
}

async function wideMeansOf(desk: Desk): Promise<Means> {
  const exact = await wideGradients.on(desk);
  return exact ? { mean: exact.mean, byCount: exact.byCount ?? exact.mean } : meansOf(desk);
}

/**
 * Σ = (1/n) Σ dᵢdᵢᵀ, without the L2 term: (1/n) Σ gᵢgᵢᵀ − ggᵀ, the covariance of the gradients of the examples that have a term;
 * where they count unequally in the mean, that of what a batch's gradient is off by (`Deviations`).
 */
export const noiseCovarianceOperator = defineOperator({
  name: "the covariance of the examples' gradients",
  rounding: "rounding of the noise",
  narrow: (desk) => {
    const fisher = desk.operator(empiricalFisher);
    const apply = centred(
      (block) => fisher.apply(block),
      desk,
      () => meansOf(desk),
    );
    const { rounding } = fisher;
    // Σ itself is measured in the wider arithmetic, where there is one.
    return {
      ...fisher,
      diagonalBlock: undefined,
      apply,
      rounding: rounding && (async () => scaledRounding(await rounding(), factorAt(desk.point))),
    };
  },
  yardstick: (desk) => {
    const { wider } = desk.operator(empiricalFisher);
    return {
      wide:
        wider &&
        centred(
          (block) => wider.apply(block),
          desk,
          () => wideMeansOf(desk),
        ),
    };
  },
});
