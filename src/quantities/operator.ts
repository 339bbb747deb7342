import { measureRounding } from "../estimators/measure-rounding.ts";
import type { LinearOperator, ProductRounding } from "../operators/linear-operator.ts";
import { productOperator } from "../operators/problem-operators.ts";
import type { Product } from "../problem/derivatives.ts";
import { keptBy } from "../util/kept-by.ts";
import type { Counter } from "./account.ts";
import type { Desk, Multiplied } from "./desk.ts";

type Multiply = LinearOperator["apply"];

interface Definition {
  /** As it is called in errors. */
  readonly name: string;
  /** Names the stream of the vectors that its rounding is measured with. */
  readonly rounding: string;
  /** Its products, in the arithmetic of the problem. */
  narrow(desk: Desk): LinearOperator;
  /** The same in float64, where the problem is in float32; undefined where there is none. */
  wide(desk: Desk): Multiply | undefined;
}

/**
 * Declares a matrix that is only multiplied, at the point of whatever desk asks for it. What rounding of its products
 * may hide is measured against float64 once at each point (`measureRounding`), when it is first asked for.
 */
export function defineOperator({ name, rounding, narrow, wide }: Definition): Multiplied {
  const kept = keptBy<Promise<ProductRounding>>();
  return {
    on: (desk) => {
      const operator = { ...narrow(desk), name, wider: undefined };
      const exactly = wide(desk);
      if (!exactly) return operator;
      const measure = () =>
        measureRounding((block) => operator.apply(block), exactly, operator.dimension, desk.random.split(rounding));
      return { ...operator, wider: { apply: exactly, rounding: () => kept(desk.sheet, measure) } };
    },
  };
}

/** A matrix whose products the problem gives; the desk's account counts them, those that its rounding is measured with too. */
export function productOf(product: Product, name: string): Multiplied {
  return defineOperator({
    name,
    rounding: `rounding of ${product.name}`,
    narrow: ({ point, context, account }) => counted(productOperator(point, product, context), account),
    wide: ({ problem, point, context }) =>
      // Opened when a product of it is first asked for.
      problem.hasFloat64
        ? async (block) => (await problem.pointInFloat64(point)?.product(product, block, context)) ?? []
        : undefined,
  });
}

function counted(operator: LinearOperator, account: Counter): LinearOperator {
  return {
    ...operator,
    diagonalBlock: () => {
      const block = operator.diagonalBlock?.();
      return (
        block && {
          ...block,
          compute: () => {
            account.add(block.products);
            return block.compute();
          },
        }
      );
    },
    apply: (block) => {
      account.add(block.length);
      return operator.apply(block);
    },
  };
}
