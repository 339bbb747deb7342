import type { Point } from "../problem/point.ts";
import type { Product } from "../problem/derivatives/derivative.ts";
import type { RunContext } from "../util/run-context.ts";
import { weightBlockOf } from "../problem/weight-block.ts";
import { requireBlock } from "./checked-products.ts";
import type { LinearOperator } from "./linear-operator.ts";

/** A matrix in parameter space at a point, as a linear operator. */
export function productOperator(point: Point, product: Product, context: RunContext = {}): LinearOperator {
  return {
    name: product.name,
    dimension: point.dimension,
    symmetric: true,
    precision: point.precision,
    preferredBlock: point.preferredBlock,
    atOnce: point.productsAtOnce,
    diagonalBlock: () => weightBlockOf(point, product, context),
    apply: async (block) => {
      requireBlock({ name: product.name, dimension: point.dimension }, block);
      return point.product(product, block, context);
    },
  };
}
