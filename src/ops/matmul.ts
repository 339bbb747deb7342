import { z } from "zod";
import type { ExamplesLayout, InputLayouts } from "../graph/examples-layout.ts";
import { alongBroadcast } from "../graph/where-examples-meet.ts";
import { broadcastShapes, sameShape } from "../graph/broadcast.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { SUM, always } from "../graph/scaling.ts";
import { sizeOf } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { addMaybe } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { requireFloat, requireSameDtype } from "./elementwise.ts";
import { alongUnits } from "./elementwise-units.ts";
import { alignBatch, reshape, sumTo, swapLast } from "./structure.ts";

const flagsSchema = z.strictObject({ transposeA: z.boolean(), transposeB: z.boolean() });

type Flags = z.infer<typeof flagsSchema>;

/** The examples are matrices of a stack, or rows of the one factor or columns of the other that no other example enters. */
function productLayout(node: Value, given: InputLayouts, flags: Flags): ExamplesLayout | undefined {
  const rank = node.shape.length;
  const stacked = given.every((layout, i) => !layout || layout.axis < node.inputs[i].shape.length - 2);
  if (stacked) return alongBroadcast(node, given);
  const [a, b] = given;
  if (a && b) return undefined;
  const axis = a
    ? a.axis - node.inputs[0].shape.length === (flags.transposeA ? -1 : -2) && rank - 2
    : b && b.axis - node.inputs[1].shape.length === (flags.transposeB ? -2 : -1) && rank - 1;
  return typeof axis === "number" ? { axis, outer: a?.outer ?? b?.outer ?? 1 } : undefined;
}

/**
 * MatMul: op(a)·op(b) over the last two axes, leading axes broadcast, op = transposition where the
 * flag says so. Both operands have at least two axes.
 */
export const MatMul = defineOp({
  name: "MatMul",
  summary: "matrix product over the last two axes",
  attributes: flagsSchema,
  make: ({ transposeA, transposeB }): Primitive => {
    const operation: Primitive = {
      name: "MatMul",
      scaling: always(SUM),
      unitAxes: [-2, -1],
      weightAxes: ({ inputs }, i) => {
        const rank = inputs[i].shape.length;
        const isRow = i === 0 ? !transposeA : transposeB;
        return [...inputs[i].shape.slice(0, -2).keys(), isRow ? rank - 2 : rank - 1];
      },
      madeAxes: ({ inputs, shape }, i) => {
        const stack = inputs[i].shape.slice(0, -2);
        const lead = shape.length - 2 - stack.length;
        return [...stack.map((groups, axis) => ({ axis: lead + axis, groups })), shape.length - (i === 0 ? 2 : 1)];
      },
      layerAxes: ({ inputs, shape }, i) => {
        if (inputs[i].shape.length !== 2) return undefined;
        const isRow = i === 0 ? !transposeA : transposeB;
        return [isRow ? 0 : 1, shape.length - (i === 0 ? 2 : 1)];
      },
      attributes: { transposeA, transposeB },
      examplesLayout: (node, given) => productLayout(node, given, { transposeA, transposeB }),
      units: (node, [a, b], desk) => {
        const [rows, innerA] = transposeA ? [a[a.length - 1], a[a.length - 2]] : a.slice(-2);
        const [innerB, columns] = transposeB ? [b[b.length - 1], b[b.length - 2]] : b.slice(-2);
        desk.contract(innerA, innerB);
        const stacks = [a, b].map((axes) => axes.slice(0, -2));
        const shapes = node.inputs.map(({ shape }) => shape.slice(0, -2));
        return [...alongUnits(node.shape.slice(0, -2), stacks, shapes, desk), rows, columns];
      },
      multiplyAdds: (node) => sizeOf(node.shape) * matrixOf(node.inputs[0], transposeA)[1],
      infer: (inputs) => {
        requireFloat("MatMul", ...inputs);
        requireSameDtype("MatMul", inputs);
        const [a, b] = inputs;
        const [m, k] = matrixOf(a, transposeA);
        const [k2, n] = matrixOf(b, transposeB);
        if (k !== k2) {
          throw new ThalwegError({
            kind: "input",
            code: "shape-mismatch",
            message: `MatMul cannot multiply the shapes [${a.shape.join(", ")}] and [${b.shape.join(", ")}]: the inner extents ${k} and ${k2} differ.`,
            where: { op: "MatMul" },
          });
        }
        const batch = broadcastShapes("MatMul", a.shape.slice(0, -2), b.shape.slice(0, -2));
        return { dtype: a.dtype, shape: [...batch, m, n] };
      },
      simplify: ([a, b]) => {
        if (isSwap(a)) return matmul(a.inputs[0], b, { transposeA: !transposeA, transposeB });
        if (isSwap(b)) return matmul(a, b.inputs[0], { transposeA, transposeB: !transposeB });
        // A stack of matrices times one matrix is one tall product.
        if (!transposeA && a.shape.length > 2 && b.shape.length === 2) {
          const k = a.shape[a.shape.length - 1];
          const rows = a.shape.slice(0, -1);
          const flat = matmul(reshape(a, [rows.reduce((x, y) => x * y, 1), k]), b, { transposeA, transposeB });
          return reshape(flat, [...rows, flat.shape[1]]);
        }
        return undefined;
      },
      jvp: (node, [s, t]) => {
        const [a, b] = node.inputs;
        return addMaybe(s && node.graph.apply(operation, [s, b]), t && node.graph.apply(operation, [a, t]));
      },
      vjp: (node, g, i) => {
        const [a, b] = node.inputs;
        if (i === 0) {
          // C = op(A)·op(B):  dA = g·op(B)ᵀ, or its transpose where A enters transposed.
          if (!transposeA) return productTo(a, g, b, { transposeA: false, transposeB: !transposeB });
          return productTo(a, b, g, { transposeA: transposeB, transposeB: true });
        }
        if (!transposeB) return productTo(b, a, g, { transposeA: !transposeA, transposeB: false });
        return productTo(b, g, a, { transposeA: true, transposeB: transposeA });
      },
      vmap: (node, [a, b], [batchedA, batchedB]) => {
        const rank = node.shape.length;
        return matmul(batchedA ? alignBatch(a, rank) : a, batchedB ? alignBatch(b, rank) : b, {
          transposeA,
          transposeB,
        });
      },
      emit: (node, inputs, e) => {
        const [a, b] = node.inputs;
        if (!transposeA && !transposeB) return e.node("MatMul", inputs);
        if (a.shape.length === 2 && b.shape.length === 2) {
          return e.node("Gemm", inputs, { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 });
        }
        if (!e.target.portable) {
          return e.node(
            "FusedMatMul",
            inputs,
            { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 },
            "com.microsoft",
          );
        }
        const plain = [
          transposeA ? e.node("Transpose", [inputs[0]], { perm: swapPermutation(a.shape.length) }) : inputs[0],
          transposeB ? e.node("Transpose", [inputs[1]], { perm: swapPermutation(b.shape.length) }) : inputs[1],
        ];
        return e.node("MatMul", plain);
      },
    };
    return operation;
  },
});

/**
 * op(a)·op(b) over the last two axes; leading axes broadcast.
 *
 * @example
 * matmul(floats([[1, 2]]), floats([[3, 4]]), { transposeB: true }); // → [[11]]
 */
export function matmul(a: Value, b: Value, flags: Partial<Flags> = {}): Value {
  const { transposeA = false, transposeB = false } = flags;
  return a.graph.apply(MatMul.make({ transposeA, transposeB }), [a, b]);
}

/** A product x W, or x Wᵀ, of one matrix with another. */
export interface RowsTimesMatrix {
  readonly rows: Value;
  readonly matrix: Value;
  /** Whether the matrix enters transposed. */
  readonly transposed: boolean;
}

/**
 * The factors of a value that is the product of the rows of one matrix with another matrix; undefined for any other.
 *
 * @example
 * rowsTimesMatrix(floats([1])); // → undefined
 */
export function rowsTimesMatrix({ operation, inputs }: Value): RowsTimesMatrix | undefined {
  const { transposeA, transposeB } = operation.attributes;
  if (operation.name !== MatMul.name || transposeA !== false || inputs.some(({ shape }) => shape.length !== 2))
    return undefined;
  const [rows, matrix] = inputs;
  return { rows, matrix, transposed: transposeB === true };
}

function matrixOf(value: Value, transposed: boolean): [number, number] {
  const rank = value.shape.length;
  if (rank < 2) {
    throw new ThalwegError({
      kind: "input",
      code: "shape-mismatch",
      message: `MatMul needs matrices, but one operand has the shape [${value.shape.join(", ")}].`,
      where: { op: "MatMul" },
    });
  }
  const rows = value.shape[rank - 2];
  const columns = value.shape[rank - 1];
  return transposed ? [columns, rows] : [rows, columns];
}

function swapPermutation(rank: number): number[] {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  return [...perm.slice(0, rank - 2), rank - 1, rank - 2];
}

function isSwap(value: Value): boolean {
  const { perm } = value.operation.attributes;
  const rank = value.shape.length;
  return (
    value.operation.name === "Transpose" &&
    rank >= 2 &&
    Array.isArray(perm) &&
    swapPermutation(rank).every((axis, position) => axis === perm[position])
  );
}

/**
 * The product summed to the shape of `target`. Where the target is one matrix and both factors are
 * stacks, the sum over the stack is folded into the inner axis of one product.
 */
function productTo(target: Value, a: Value, b: Value, flags: Flags): Value {
  const stack = a.shape.slice(0, -2);
  if (target.shape.length === 2 && stack.length > 0 && sameShape(stack, b.shape.slice(0, -2))) {
    const left = mergeInner(a, flags.transposeA);
    const right = mergeInner(b, !flags.transposeB);
    return matmul(left, right, { transposeA: true, transposeB: false });
  }
  return sumTo(matmul(a, b, flags), target.shape);
}

/** A stack [..., k, m] (or [..., m, k] when `rowsFirst` is false) as one matrix [stack·k, m]. */
function mergeInner(value: Value, rowsFirst: boolean): Value {
  const ordered = rowsFirst ? value : swapLast(value);
  const columns = ordered.shape[ordered.shape.length - 1];
  return reshape(ordered, [ordered.shape.slice(0, -1).reduce((x, y) => x * y, 1), columns]);
}
