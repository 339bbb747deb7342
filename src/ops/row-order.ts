import { z } from "zod";
import { stridesOf } from "../graph/broadcast.ts";
import type { Operation, Value } from "../graph/value.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { NO_ATTRIBUTES, axesSchema, shapeSchema } from "./attribute-schemas.ts";
import { defineKernel } from "./define-op.ts";
import { reshape } from "./structure.ts";

/** RowOrder: row numbers of a tensor in an order that its attributes describe: equal orders are one node, and the numbers exist in the file only. */
export const RowOrder = defineKernel({
  name: "RowOrder",
  summary: "row numbers of a tensor in another order",
  attributes: z.strictObject({ shape: shapeSchema, perm: axesSchema }),
  make: ({ shape, perm }): Operation => ({
    name: "RowOrder",
    view: true,
    attributes: { shape, perm },
    infer: () => ({ dtype: "int64", shape: [sizeOf(shape)] }),
    vmap: (node) => node,
    emit: (node, _inputs, e) => e.constant({ dtype: "int64", shape: node.shape, data: permutedRows(shape, perm) }),
  }),
});

const rowGathering: Operation = {
  name: "PermuteRows",
  rearranges: true,
  attributes: {},
  infer: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  vmap: (node) => {
    throw new RangeError(`${node.operation.name} is made after vectorisation`);
  },
  emit: (_node, inputs, e) => e.node("Gather", inputs, { axis: 0 }),
};

/** PermuteRows: the rows of a matrix by their numbers. */
export const PermuteRows = defineKernel({
  name: "PermuteRows",
  summary: "rows of a matrix by their numbers",
  attributes: NO_ATTRIBUTES,
  make: () => rowGathering,
});

function permutedRows(shape: Shape, perm: readonly number[]): Float64Array {
  const strides = stridesOf(shape);
  let rows = Float64Array.of(0);
  for (const axis of perm) {
    const next = new Float64Array(rows.length * shape[axis]);
    let at = 0;
    for (const row of rows) for (let i = 0; i < shape[axis]; i++) next[at++] = row + i * strides[axis];
    rows = next;
  }
  return rows;
}

/**
 * A transposition that keeps the last axes together, as a Gather of whole rows: the runtime's Transpose
 * moves one row after the other on one thread.
 */
export function permuteRows(x: Value, perm: readonly number[]): Value {
  const moved = perm.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]))
    return reshape(
      x,
      perm.map((axis) => x.shape[axis]),
    );
  let kept = perm.length;
  while (perm[kept - 1] === kept - 1) kept--;
  const outer = x.shape.slice(0, kept);
  const rows = reshape(x, [sizeOf(outer), sizeOf(x.shape.slice(kept))]);
  const order = x.graph.apply(RowOrder.make({ shape: outer, perm: perm.slice(0, kept) }), []);
  return reshape(
    x.graph.apply(rowGathering, [rows, order]),
    perm.map((axis) => x.shape[axis]),
  );
}
