import type { LinearOperator, ProductRounding } from "../operators/linear-operator.ts";
import { productOperator } from "../operators/problem-operators.ts";
import type { Product } from "../problem/derivatives/derivative.ts";
import { keptBy } from "../util/kept-by.ts";
import type { Counter } from "./account.ts";
import type { Desk, Multiplied } from "./desk.ts";
import { withMeasuredRounding, yardstickOf, type Yardstick } from "./measured-operator.ts";

interface Definition {
  /** As it is called in errors. */
  readonly name: string;
  /** Names the stream of the vectors that its rounding is measured with. */
  readonly rounding: string;
  /** Its products, in the arithmetic of the problem. */
  narrow(desk: Desk): LinearOperator;
  /** What they are compared with. */
  yardstick(desk: Desk): Yardstick;
}

/**
 * Declares a matrix that is only multiplied, at the point of whatever desk asks for it. What rounding of its products
 * may hide is measured once at each point, when it is first asked for.
 */
export function defineOperator({ name, rounding, narrow, yardstick }: Definition): Multiplied {
  const kept = keptBy<Promise<ProductRounding>>();
  return {
    on: (desk) =>
      withMeasuredRounding({ ...narrow(desk), name }, yardstick(desk), desk.random.split(rounding), (measure) =>
        kept(desk.sheet, measure),
      ),
  };
}

/** A matrix whose products the problem gives; the desk's account counts them, and those that are compared with float64. */
export function productOf(product: Product, name: string): Multiplied {
  return defineOperator({
    name,
    rounding: `rounding of ${product.name}`,
    narrow: ({ point, context, account }) => counted(productOperator(point, product, context), account),
    yardstick: ({ point, context }) => yardstickOf(point, product, context),
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
          addTo: (rows) => {
            account.add(block.products);
            return block.addTo(rows);
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
