import type { Value } from "../../graph/value.ts";
import { add, div, mul, neg, sub } from "../../ops/arithmetic.ts";
import { bitwiseAnd } from "../../ops/bitwise.ts";
import { gather } from "../../ops/gather.ts";
import { less, minimum, mod, where } from "../../ops/logic.ts";
import { oneOf } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { broadcasting } from "./arithmetic.ts";

/* Operators on the bits of integers, which the graph holds in 64 bits of two's complement whatever the file says. */

function binary(op: string, f: (x: Value, y: Value) => Value): OnnxRule {
  return {
    op,
    flat: true,
    inputs: 2,
    slots: ["structural"],
    storedAs: (node) => node.storedAs(0),
    import: (node) => {
      const [x, y] = [node.input(0), node.input(1)];
      broadcasting(node, [x, y]);
      return f(x, y);
    },
  };
}

/** x | y = x + y − (x & y) */
function either(x: Value, y: Value): Value {
  return sub(add(x, y), bitwiseAnd(x, y));
}

/** x ^ y = (x | y) − (x & y) */
function different(x: Value, y: Value): Value {
  return sub(either(x, y), bitwiseAnd(x, y));
}

/** The width of the integers of an input, as the file has them. */
function widthOf(node: NodeContext, slot: number): { readonly bits: number; readonly signed: boolean } {
  const [, unsigned, bits] = /^(u?)int(8|16|32|64)$/.exec(node.storedAs(slot) ?? "") ?? [];
  if (bits === undefined)
    node.unsupported(
      "works on the bits of integers of a width that the file does not declare",
      "Run onnx.shape_inference.infer_shapes on the model first.",
    );
  return { bits: Number(bits), signed: unsigned === "" };
}

/** All bits turned: −1 − x, or what is missing to the largest number of an unsigned type. */
function turned(node: NodeContext): Value {
  const x = node.input(0);
  const { bits, signed } = widthOf(node, 0);
  if (!signed && bits === 64)
    node.unsupported("turns all bits of uint64, whose upper half the graph does not hold", "Cast to int64 before it.");
  return signed ? sub(neg(x), 1) : sub(2 ** bits - 1, x);
}

/** The largest power of two that 64 bits hold with a sign. */
const HIGHEST = 62;

/** x·2ⁿ without the bits that leave its type, or ⌊x/2ⁿ⌋; 0 where all bits leave. */
function shifted(node: NodeContext): Value {
  const [x, amount] = [node.input(0), node.input(1)];
  broadcasting(node, [x, amount]);
  const { bits } = widthOf(node, 0);
  const powers = node.graph.integers(Array.from({ length: HIGHEST + 1 }, (_, n) => 2 ** n));
  const power = gather(powers, minimum(amount, HIGHEST), 0);
  const isLeft = node.string("direction", "") === "LEFT";
  const moved = isLeft ? mul(x, power) : div(x, power);
  const kept = isLeft && bits < 64 ? mod(moved, node.graph.scalar(2 ** bits, "int64")) : moved;
  return where(less(amount, Math.min(bits, HIGHEST + 1)), kept, 0);
}

export const BITWISE: readonly OnnxRule[] = [
  binary("BitwiseAnd", bitwiseAnd),
  binary("BitwiseOr", either),
  binary("BitwiseXor", different),
  {
    op: "BitwiseNot",
    flat: true,
    inputs: 1,
    slots: ["structural"],
    storedAs: (node) => node.storedAs(0),
    import: turned,
  },
  {
    op: "BitShift",
    flat: true,
    attributes: { direction: oneOf("LEFT", "RIGHT") },
    inputs: 2,
    slots: ["structural"],
    storedAs: (node) => node.storedAs(0),
    import: shifted,
  },
];
