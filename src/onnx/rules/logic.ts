import type { Value } from "../../graph/value.ts";
import { and, equal, greater, greaterOrEqual, less, lessOrEqual, not, or, where, xor } from "../../ops/logic.ts";
import { abs } from "../../ops/unary.ts";
import { FLAG } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { broadcasting, OLD_BROADCAST, operands, unaryRule } from "./arithmetic.ts";

function predicate(op: string, f: (x: Value, y: Value) => Value): OnnxRule {
  return {
    op,
    flat: true,
    attributes: OLD_BROADCAST,
    slots: ["structural"],
    inputs: 2,
    import: (node) => f(...operands(node)),
  };
}

function isInfinite(node: NodeContext): Value {
  const x = node.input(0);
  const positive = node.flag("detect_positive", true);
  const negative = node.flag("detect_negative", true);
  if (positive && negative) return equal(abs(x), Infinity);
  // NaN where neither is asked for: nothing equals it.
  return equal(x, positive ? Infinity : negative ? -Infinity : NaN);
}

export const LOGIC: readonly OnnxRule[] = [
  predicate("Equal", equal),
  predicate("Greater", greater),
  predicate("GreaterOrEqual", greaterOrEqual),
  predicate("Less", less),
  predicate("LessOrEqual", lessOrEqual),
  predicate("And", and),
  predicate("Or", or),
  predicate("Xor", xor),
  unaryRule("Not", not, { flat: true }),
  unaryRule("IsNaN", (x) => not(equal(x, x)), { flat: true }),
  {
    op: "IsInf",
    flat: true,
    attributes: { detect_negative: FLAG, detect_positive: FLAG },
    inputs: 1,
    import: isInfinite,
  },
  {
    op: "Where",
    inputs: 3,
    slots: ["structural", "choice"],
    bends: (node) => ({
      text: "Where chooses by numbers that move with the parameters: derivatives know nothing of the choice",
      by: node.input(0),
    }),
    import: (node) => {
      const [condition, x, y] = [node.input(0), node.input(1), node.input(2)];
      broadcasting(node, [condition, x, y]);
      return where(condition, x, y);
    },
  },
];
