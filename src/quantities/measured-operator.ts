import { measureRounding } from "../estimators/measure-rounding.ts";
import type { LinearOperator, ProductRounding } from "../operators/linear-operator.ts";
import { productOperator } from "../operators/problem-operators.ts";
import { ROUNDED_PRODUCTS } from "../problem/derivatives/rounded.ts";
import type { Product } from "../problem/derivatives/derivative.ts";
import type { Point } from "../problem/point.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { ROUNDINGS } from "./rounding-yardsticks.ts";

export type Multiply = LinearOperator["apply"];

/** What the products of an operator are compared with. */
export interface Yardstick {
  /** The same products in float64, where the problem is in float32; undefined where there is none. */
  readonly wide: Multiply | undefined;
  /**
   * The same products, and with every number on the way moved by a grain: what rounding does is measured by it where there is no
   * wider arithmetic. Not counted: it takes as many products whatever is measured.
   */
  readonly moved?: readonly [Multiply, Multiply];
}

/** What the products of a matrix at a point are compared with. */
export function yardstickOf(point: Point, product: Product, context: RunContext): Yardstick {
  const rounded = ROUNDED_PRODUCTS.get(product);
  return {
    // Opened when a product of it is first asked for.
    wide: point.hasFloat64
      ? async (block) => (await point.inFloat64()?.product(product, block, context)) ?? []
      : undefined,
    moved: rounded && [productOperator(point, product, context).apply, productOperator(point, rounded, context).apply],
  };
}

/**
 * An operator that knows what rounding of its products may hide, measured when it is first asked for (`measureRounding`): against
 * float64, or where there is none against products whose numbers are moved by a grain, for what cancels on the way does not show
 * in the size of a product.
 *
 * @param kept keeps what was measured
 */
export function withMeasuredRounding(
  operator: LinearOperator,
  { wide, moved }: Yardstick,
  random: RandomStream,
  kept: (measure: () => Promise<ProductRounding>) => Promise<ProductRounding>,
): LinearOperator {
  const [here, there] = wide
    ? [(block: readonly Float64Array[]) => operator.apply(block), wide]
    : (moved ?? [undefined, undefined]);
  if (!here || !there) return { ...operator, wider: undefined };
  const measure = async () => {
    const found = await measureRounding(here, there, operator.dimension, random);
    return wide ? found : scaledRounding(found, ROUNDINGS);
  };
  return { ...operator, wider: wide && { apply: wide }, rounding: () => kept(measure) };
}

export function scaledRounding({ norm, frobenius, trace }: ProductRounding, factor: number): ProductRounding {
  return { norm: factor * norm, frobenius: factor * frobenius, trace: factor * trace };
}
