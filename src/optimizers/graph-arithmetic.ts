import { add, div, mul, sub } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { maximum } from "../ops/logic.ts";
import { reshape, sumAll, transpose } from "../ops/structure.ts";
import { sign, sqrt } from "../ops/unary.ts";
import type { DType } from "../util/tensor.ts";
import type { Value, ValueGraph } from "../graph/value.ts";
import { identityMatrix } from "../linalg/dense.ts";
import type { MatrixArithmetic } from "./matrix-arithmetic.ts";

/**
 * Arithmetic of the values of a graph, element by element and broadcast, and of matrices: an update rule becomes part of the graph.
 *
 * @param graph of the operands
 * @param dtype of the operands, which plain numbers are rounded to
 */
export function graphArithmetic(graph: ValueGraph, dtype: DType): MatrixArithmetic<Value> {
  const lifted = (x: Value | number) => (typeof x === "number" ? graph.scalar(x, dtype) : x);
  return {
    add: (x, y) => add(lifted(x), lifted(y)),
    sub: (x, y) => sub(lifted(x), lifted(y)),
    mul: (x, y) => mul(lifted(x), lifted(y)),
    div: (x, y) => div(lifted(x), lifted(y)),
    max: (x, y) => maximum(lifted(x), lifted(y)),
    sqrt,
    sign,
    times: (x, y) => matmul(x, y),
    transposed: (x) => transpose(x, [1, 0]),
    sum: sumAll,
    reshaped: reshape,
    identity: (n) => graph.constant({ dtype, shape: [n, n], data: identityMatrix(n) }),
  };
}
