import type { Problem } from "../problem/problem.ts";
import type { Product } from "../problem/products.ts";
import type { RunContext } from "../util/run-context.ts";
import type { LinearOperator } from "./linear-operator.ts";

/** A matrix in the parameter space of a problem, as a linear operator. */
export function productOperator(problem: Problem, product: Product, context: RunContext = {}): LinearOperator {
  return {
    name: product.name,
    dimension: problem.space.dimension,
    symmetric: true,
    precision: problem.options.precision,
    preferredBlock: problem.preferredBlock,
    atOnce: problem.productsAtOnce,
    apply: (block) => problem.product(product, block, context),
  };
}
