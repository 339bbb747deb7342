import type { Value } from "../../graph/value.ts";
import { and, equal, greater, greaterOrEqual, less, lessOrEqual, not, or, where, xor } from "../../ops/logic.ts";
import { abs } from "../../ops/unary.ts";
import type { OnnxRule } from "../rule.ts";
import { broadcasting, unaryRule } from "./arithmetic.ts";

function predicate(op: string, f: (x: Value, y: Value) => Value): OnnxRule {
  return {
    op,
    flat: true,
    slots: ["structural"],
    import: (node) => {
      const [x, y] = [node.input(0), node.input(1)];
      broadcasting(node, [x, y]);
      return f(x, y);
    },
  };
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
  unaryRule("IsInf", (x) => equal(abs(x), Infinity), { flat: true }),
  {
    op: "Where",
    slots: ["structural", "choice"],
    import: (node) => {
      const [condition, x, y] = [node.input(0), node.input(1), node.input(2)];
      broadcasting(node, [condition, x, y]);
      return where(condition, x, y);
    },
  },
];
