import { measureRounding } from "../estimators/measure-rounding.ts";
import { dot } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { productOperator } from "../operators/problem-operators.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import type { Product } from "../problem/derivatives.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { lazily } from "../util/lazily.ts";

type Multiply = LinearOperator["apply"];

/** Where matrices are measured, and what from. */
export interface Place {
  readonly problem: Problem;
  readonly point: Point;
  readonly random: RandomStream;
  readonly context: RunContext;
}

/** A matrix of the problem, with its products in float64 where it is in float32. */
export function matrixOf({ problem, point, random, context }: Place, product: Product, name: string): LinearOperator {
  const narrow = { ...productOperator(point, product, context), name };
  // Opened when a product of it is first asked for.
  if (!problem.hasFloat64) return narrow;
  return withWider(
    narrow,
    async (block) => (await problem.pointInFloat64(point)?.product(product, block, context)) ?? [],
    random.split(`rounding of ${product.name}`),
  );
}

/**
 * Σ = c F − ggᵀ from the products of the empirical Fisher matrix F.
 *
 * @param gradient g, in the arithmetic of the problem and in float64
 */
export function noiseCovarianceOf(
  fisher: LinearOperator,
  factor: number,
  gradient: { readonly narrow: () => Promise<Float64Array>; readonly wide: () => Promise<Float64Array> },
  random: RandomStream,
): LinearOperator {
  const centred =
    (multiply: Multiply, gradientOf: () => Promise<Float64Array>): Multiply =>
    async (block) => {
      const mean = await gradientOf();
      const products = await multiply(block);
      return products.map((product, j) => {
        const along = dot(mean, block[j]);
        return product.map((x, i) => factor * x - along * mean[i]);
      });
    };
  const { wider } = fisher;
  const narrow = {
    ...fisher,
    name: "the covariance of the examples' gradients",
    wider: undefined,
    diagonalBlock: undefined,
    apply: centred((block) => fisher.apply(block), gradient.narrow),
  };
  return wider
    ? withWider(
        narrow,
        centred((block) => wider.apply(block), gradient.wide),
        random,
      )
    : narrow;
}

/** A sum of such matrices: what rounds in them may cancel, or not; measured by itself it is not bounded twice. */
export function withOwnRounding(operator: LinearOperator, random: RandomStream): LinearOperator {
  return operator.wider
    ? withWider(operator, (block) => operator.wider?.apply(block) ?? operator.apply(block), random)
    : operator;
}

function withWider(operator: LinearOperator, wide: Multiply, random: RandomStream): LinearOperator {
  const rounding = lazily(() => measureRounding((block) => operator.apply(block), wide, operator.dimension, random));
  return { ...operator, wider: { apply: wide, rounding } };
}
