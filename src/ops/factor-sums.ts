import { sameShape } from "../graph/broadcast.ts";
import { emptyGraphFor, inspected } from "../graph/inspected.ts";
import { countUses, reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { isFloat } from "../util/tensor.ts";
import { Add, add, Div, Mul, mul, Neg, Sub, sub } from "./arithmetic.ts";
import { splatOf } from "./structure.ts";
import { Exp, exp } from "./unary.ts";

/** A product that nothing else needs: a number times values. */
interface Product {
  readonly number: number;
  readonly factors: readonly Value[];
}

type Uses = ReadonlyMap<Value, number>;

/**
 * Sums of products that have a factor in common as that factor times a sum: a·b·c ± a·d = a·(b·c ± d), a pass over the elements less.
 * The pullback of an activation x·f(x) adds two such products. Numbers in a product go into the exponent of an exponential in it,
 * which is another pass. For the end of lowering: rules of derivatives look for products as they were written.
 *
 * @example
 * const [a, b, c] = ["a", "b", "c"].map((name) => input(name, [2]));
 * factorSums([add(mul(a, b), mul(a, c))]).map((each) => each.operation.name); // → ["Mul"]
 */
export function factorSums(outputs: readonly Value[]): Value[] {
  const uses = countUses(outputs);
  const graph = emptyGraphFor(outputs);
  const rebuilt = new Map<Value, Value>();
  const look = (value: Value): Value => {
    const found = rebuilt.get(value);
    if (!found) throw new RangeError("a value before its inputs");
    return found;
  };
  for (const value of reachable(outputs))
    rebuilt.set(value, factored(value, uses, look) ?? graph.apply(value.operation, value.inputs.map(look)));
  return inspected("factor sums", outputs.map(look));
}

function factored(sum: Value, uses: Uses, look: (value: Value) => Value): Value | undefined {
  const { name } = sum.operation;
  if ((name !== Add.name && name !== Sub.name) || !isFloat(sum.dtype)) return undefined;
  let [left, right] = sum.inputs.map((each) => productOf(each, sum, uses));
  const shared: Value[] = [];
  for (const factor of left.factors) {
    if (!right.factors.includes(factor)) continue;
    [left, right] = [left, right].map((each) => without(each, factor));
    shared.push(factor);
  }
  // 1 ± y is a pass as the product was.
  if (shared.length === 0 || left.factors.length === 0 || right.factors.length === 0) return undefined;
  const [p, q] = [left, right].map((each) => written(each, uses, look));
  return [name === Add.name ? add(p, q) : sub(p, q), ...shared.map(look)].reduce((all, each) => mul(all, each));
}

/** The factors of a value, all of the shape of the sum that it is in; itself where it is no product, or one that others need. */
function productOf(value: Value, sum: Value, uses: Uses): Product {
  const whole = { number: 1, factors: [value] };
  if (uses.get(value) !== 1 || !sameShape(value.shape, sum.shape)) return whole;
  const [x, y] = value.inputs;
  switch (value.operation.name) {
    case Neg.name: {
      const inner = productOf(x, sum, uses);
      return { ...inner, number: -inner.number };
    }
    case Div.name: {
      const divisor = splatOf(y);
      if (divisor === undefined || !sameShape(x.shape, sum.shape)) return whole;
      const inner = productOf(x, sum, uses);
      return ordinary({ ...inner, number: inner.number / divisor }) ?? whole;
    }
    case Mul.name: {
      const [first, second] = [x, y].map((each): Product | undefined => {
        const number = splatOf(each);
        if (number !== undefined) return { number, factors: [] };
        return sameShape(each.shape, sum.shape) ? productOf(each, sum, uses) : undefined;
      });
      if (!first || !second) return whole;
      const factors = [...first.factors, ...second.factors];
      return ordinary({ number: first.number * second.number, factors }) ?? whole;
    }
    default:
      return whole;
  }
}

/** A product whose number is in the middle of both float types: whatever it is multiplied by, it neither overflows nor vanishes before. */
function ordinary(product: Product): Product | undefined {
  const size = Math.abs(product.number);
  return size > 2 ** -20 && size < 2 ** 20 ? product : undefined;
}

/** Without one of the places where a factor stands. */
function without({ number, factors }: Product, factor: Value): Product {
  const at = factors.indexOf(factor);
  return { number, factors: factors.filter((_, i) => i !== at) };
}

function written({ number, factors }: Product, uses: Uses, look: (value: Value) => Value): Value {
  const power = number > 0 && number !== 1 ? factors.find((each) => exponentOf(each, uses)) : undefined;
  const values = factors.map((each) => (each === power ? scaledPower(each, number, look) : look(each)));
  const product = values.reduce((all, each) => mul(all, each));
  return power === undefined ? mul(product, number) : product;
}

/** c − z of an exponential e^(c − z) with a number c, where nothing else needs either. */
function exponentOf(value: Value, uses: Uses): Value | undefined {
  if (value.operation.name !== Exp.name || uses.get(value) !== 1) return undefined;
  const [exponent] = value.inputs;
  const isShifted = exponent.operation.name === Sub.name && splatOf(exponent.inputs[0]) !== undefined;
  return isShifted && uses.get(exponent) === 1 ? exponent : undefined;
}

/** k·e^(c − z) = e^(c + log k − z). */
function scaledPower(value: Value, number: number, look: (value: Value) => Value): Value {
  const [shift, z] = value.inputs[0].inputs;
  return exp(sub((splatOf(shift) ?? 0) + Math.log(number), look(z)));
}
