import { z } from "zod";
import type { Target } from "../graph/emitter.ts";
import type { Operation, Value } from "../graph/value.ts";
import { mul, sub } from "./arithmetic.ts";
import { defineKernel } from "./define-op.ts";
import { cast, not, Where } from "./logic.ts";
import { reduceMax, Softmax, softmax } from "./reduction.ts";
import { splatOf } from "./structure.ts";

const larger: Operation = {
  name: "Larger",
  attributes: {},
  infer: ([{ dtype, shape }]) => ({ dtype, shape }),
  vmap: (node) => {
    throw new RangeError(`${node.operation.name} is made after vectorisation`);
  },
  emit: (_node, inputs, e) => e.node("Max", inputs),
};

/** Larger: the larger of two values, of which the second broadcasts to the first; NaN where either is. Made by lowerings only. */
export const Larger = defineKernel({
  name: "Larger",
  summary: "the larger of two",
  attributes: z.strictObject({}),
  make: () => larger,
});

/** e^−75 is 3e-33: nothing beside 1 in float32, and a normal number still where it is divided by a sum of 10⁵ terms. */
const DEEPEST = 75;

/**
 * Softmax of values of which a mask makes some −∞, in float32 on the CPU: eˣ of −∞ underflows, for which processors take a hundred
 * times as long as for other numbers. So what lies deeper below the largest of its row than {@link DEEPEST} is raised to there, and the
 * mask makes the result 0; undefined for any other value. What no mask makes −∞ is e^−75 of the largest at least.
 */
export function maskedSoftmax(
  { operation }: Value,
  [x]: readonly Value[],
  { precision, portable, device }: Target,
): Value | undefined {
  const { axis } = operation.attributes;
  if (operation.name !== Softmax.name || typeof axis !== "number") return undefined;
  if (precision !== "float32" || portable || device !== undefined) return undefined;
  const seen = seenBy(x);
  if (seen === undefined) return undefined;
  const floor = sub(reduceMax(x, [axis]), DEEPEST);
  return mul(softmax(x.graph.apply(larger, [x, floor]), axis), cast(seen, x.dtype));
}

/** Where a value is not made −∞; undefined where nothing makes it so. */
function seenBy({ operation, inputs }: Value): Value | undefined {
  if (operation.name !== Where.name) return undefined;
  const [condition, x, y] = inputs;
  if (splatOf(y) === Number.NEGATIVE_INFINITY) return condition;
  return splatOf(x) === Number.NEGATIVE_INFINITY ? not(condition) : undefined;
}
