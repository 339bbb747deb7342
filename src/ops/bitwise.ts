import { broadcastShapes } from "../graph/broadcast.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { NONE, always } from "../graph/scaling.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { NO_ATTRIBUTES } from "./attribute-schemas.ts";
import { defineOp } from "./define-op.ts";
import { evaluateElementwise, requireSameDtype, vmapElementwise, ZERO_DERIVATIVE } from "./elementwise.ts";

/** x & y of numbers that doubles hold exactly. */
function bitsOfBoth(x: number, y: number): number {
  if (!Number.isSafeInteger(x) || !Number.isSafeInteger(y))
    throw new ThalwegError({
      kind: "input",
      code: "inexact-integer",
      message: `BitwiseAnd needs the bits of ${Number.isSafeInteger(x) ? y : x}, which is beyond ±2⁵³.`,
      where: { op: "BitwiseAnd" },
    });
  return Number(BigInt.asIntN(64, BigInt(x) & BigInt(y)));
}

const intersection: Primitive = {
  name: "BitwiseAnd",
  takes: ["integers"],
  scaling: always(NONE),
  attributes: {},
  infer: (inputs) => {
    requireSameDtype("BitwiseAnd", inputs);
    return { dtype: inputs[0].dtype, shape: broadcastShapes("BitwiseAnd", ...inputs.map(({ shape }) => shape)) };
  },
  evaluate: (inputs, type) => evaluateElementwise(bitsOfBoth, inputs, type),
  ...ZERO_DERIVATIVE,
  elementwise: true,
  vmap: vmapElementwise,
  emit: (_node, inputs, e) => e.node("BitwiseAnd", inputs),
};

/** BitwiseAnd: the bits that two integers have in common, in two's complement; the other operators on bits follow from it. */
export const BitwiseAnd = defineOp({
  name: "BitwiseAnd",
  summary: "bits that two integers have in common",
  attributes: NO_ATTRIBUTES,
  make: () => intersection,
});

/**
 * The bits that two integers have in common.
 *
 * @example
 * bitwiseAnd(integers([12, -1]), integers([10, 5])); // → [8, 5]
 */
export function bitwiseAnd(x: Value, y: Value): Value {
  return x.graph.apply(intersection, [x, y]);
}
