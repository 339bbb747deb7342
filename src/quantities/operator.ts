import { measureRounding } from "../estimators/measure-rounding.ts";
import type { LinearOperator, ProductRounding } from "../operators/linear-operator.ts";
import { productOperator } from "../operators/problem-operators.ts";
import { ROUNDED_PRODUCTS, type Product } from "../problem/derivatives.ts";
import { keptBy } from "../util/kept-by.ts";
import type { Counter } from "./account.ts";
import type { Desk, Multiplied } from "./desk.ts";
import { ROUNDINGS } from "./rounding-yardsticks.ts";

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
  /**
   * The same, and with every number on the way moved by a grain: what rounding does is measured by it where there is no
   * wider arithmetic. Not counted: it takes as many products whatever is measured.
   */
  moved?(desk: Desk): readonly [Multiply, Multiply] | undefined;
}

/**
 * Declares a matrix that is only multiplied, at the point of whatever desk asks for it. What rounding of its products
 * may hide is measured once at each point (`measureRounding`), when it is first asked for: against float64, or where
 * there is none against products whose numbers are moved by a grain, for what cancels on the way does not show in the size of a product.
 */
export function defineOperator({ name, rounding, narrow, wide, moved }: Definition): Multiplied {
  const kept = keptBy<Promise<ProductRounding>>();
  return {
    on: (desk) => {
      const operator = { ...narrow(desk), name, wider: undefined };
      const exactly = wide(desk);
      const grains = exactly ? undefined : moved?.(desk);
      const [here, there] = grains ?? [(block: readonly Float64Array[]) => operator.apply(block), exactly];
      if (!there) return operator;
      const measure = async () => {
        const found = await measureRounding(here, there, operator.dimension, desk.random.split(rounding));
        return exactly ? found : scaledRounding(found, ROUNDINGS);
      };
      return {
        ...operator,
        wider: exactly && { apply: exactly },
        rounding: () => kept(desk.sheet, measure),
      };
    },
  };
}

export function scaledRounding({ norm, frobenius, trace }: ProductRounding, factor: number): ProductRounding {
  return { norm: factor * norm, frobenius: factor * frobenius, trace: factor * trace };
}

/** A matrix whose products the problem gives; the desk's account counts them, and those that are compared with float64. */
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
    moved: ({ point, context }) => {
      const rounded = ROUNDED_PRODUCTS.get(product);
      return (
        rounded && [productOperator(point, product, context).apply, productOperator(point, rounded, context).apply]
      );
    },
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
