import { z } from "zod";
import { broadcastShapes, sameShape } from "../graph/broadcast.ts";
import { emptyGraphFor, inspected } from "../graph/inspected.ts";
import type { Operation, Value } from "../graph/value.ts";
import { countUses, rebuild } from "../graph/traverse.ts";
import { Add } from "./arithmetic.ts";
import { defineKernel } from "./define-op.ts";
import { MatMul } from "./matmul.ts";
import { reshape } from "./structure.ts";
import { sizeOf } from "../util/tensor.ts";

/** Gemm: op(a)·op(b) + c in one kernel. Made by {@link fuseGemm} after all derivatives, so it needs no rules of its own. */
export const Gemm = defineKernel({
  name: "Gemm",
  summary: "matrix product plus an addend",
  attributes: z.strictObject({ transposeA: z.boolean(), transposeB: z.boolean() }),
  make: ({ transposeA, transposeB }): Operation => ({
    name: "Gemm",
    attributes: { transposeA, transposeB },
    infer: ([a, b]) => ({ dtype: a.dtype, shape: [a.shape[transposeA ? 1 : 0], b.shape[transposeB ? 0 : 1]] }),
    multiplyAdds: (node) => sizeOf(node.shape) * node.inputs[0].shape[transposeA ? 0 : 1],
    vmap: (node) => {
      throw new RangeError(`${node.operation.name} is made after vectorisation`);
    },
    emit: (_node, inputs, e) => e.node("Gemm", inputs, { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 }),
  }),
});

/**
 * Turns matrix product plus addend into one Gemm, where nothing else needs the bare product: the
 * kernel accumulates onto the addend instead of a pass of its own. Looks through one Reshape.
 */
export function fuseGemm(outputs: readonly Value[]): Value[] {
  const uses = countUses(outputs);
  const fused = rebuild(outputs, emptyGraphFor(outputs), (value, inputs) => {
    if (value.operation.name !== Add.name) return undefined;
    for (const side of [1, 0]) {
      const view = value.inputs[side];
      const product = view.operation.view ? view.inputs[0] : view;
      const lone = uses.get(view) === 1 && uses.get(product) === 1;
      if (!lone || product.operation.name !== MatMul.name || product.shape.length !== 2) continue;
      if (!sameShape(view.shape, value.shape) || sizeOf(view.shape) !== sizeOf(product.shape)) continue;
      const built = inputs[side];
      const source = built.operation.view ? built.inputs[0] : built;
      if (source.operation.name !== MatMul.name || !sameShape(source.shape, product.shape)) continue;
      const addend = matrixAddend(inputs[1 - side], value, product);
      if (!addend) continue;
      const { transposeA, transposeB } = source.operation.attributes;
      const gemm = source.graph.apply(Gemm.make({ transposeA: transposeA === true, transposeB: transposeB === true }), [
        ...source.inputs,
        addend,
      ]);
      return reshape(gemm, value.shape);
    }
    return undefined;
  });
  return inspected("fuse Gemm", fused);
}

/** The addend as Gemm takes it: broadcast in one direction to the matrix. */
function matrixAddend(addend: Value, sum: Value, product: Value): Value | undefined {
  if (sameShape(sum.shape, product.shape)) {
    return addend.shape.length <= 2 && sameShape(broadcastShapes("Gemm", addend.shape, product.shape), product.shape)
      ? addend
      : undefined;
  }
  if (sameShape(addend.shape, sum.shape)) return reshape(addend, product.shape);
  // A bias along the last axis stays one when the rows are merged.
  const last = addend.shape[addend.shape.length - 1];
  const isRow = addend.shape.slice(0, -1).every((extent) => extent === 1) && last === product.shape[1];
  return isRow && sum.shape[sum.shape.length - 1] === last ? reshape(addend, [last]) : undefined;
}
