import type { Shape } from "../util/tensor.ts";
import { sizeOf } from "../util/tensor.ts";
import type { Arithmetic } from "./arithmetic.ts";

/** What an update of whole tensors is written over; numbers and tensors of one element act on every element. */
export interface MatrixArithmetic<T> extends Arithmetic<T> {
  /** x y of two matrices. */
  times(x: T, y: T): T;
  /** xᵀ of a matrix. */
  transposed(x: T): T;
  /** The sum of all elements, as a tensor of one. */
  sum(x: T): T;
  reshaped(x: T, shape: Shape): T;
  /** The unit matrix. */
  identity(n: number): T;
}

/** A tensor of float64, row-major. */
export interface Block {
  readonly shape: Shape;
  readonly data: Float64Array;
}

function each(x: Block | number, y: Block | number, of: (a: number, b: number) => number): Block {
  const [p, q] = [x, y].map((operand) =>
    typeof operand === "number" ? { shape: [], data: Float64Array.of(operand) } : operand,
  );
  const [large, small] = p.data.length >= q.data.length ? [p, q] : [q, p];
  const step = small.data.length === 1 ? 0 : 1;
  const data = new Float64Array(large.data.length);
  const [a, b] = [p === large ? 1 : step, q === large ? 1 : step];
  for (let i = 0; i < data.length; i++) data[i] = of(p.data[a * i], q.data[b * i]);
  return { shape: large.shape, data };
}

const ofEach = ({ shape, data }: Block, of: (a: number) => number): Block => ({ shape, data: data.map(of) });

/** Arithmetic of tensors of numbers, in float64. */
export const blockArithmetic: MatrixArithmetic<Block> = {
  add: (x, y) => each(x, y, (a, b) => a + b),
  sub: (x, y) => each(x, y, (a, b) => a - b),
  mul: (x, y) => each(x, y, (a, b) => a * b),
  div: (x, y) => each(x, y, (a, b) => a / b),
  max: (x, y) => each(x, y, Math.max),
  sqrt: (x) => ofEach(x, Math.sqrt),
  sign: (x) => ofEach(x, Math.sign),
  times({ shape: [rows, inner], data: a }, { shape: [, columns], data: b }) {
    const data = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++)
      for (let k = 0; k < inner; k++) {
        const share = a[i * inner + k];
        for (let j = 0; j < columns; j++) data[i * columns + j] += share * b[k * columns + j];
      }
    return { shape: [rows, columns], data };
  },
  transposed({ shape: [rows, columns], data: a }) {
    const data = new Float64Array(a.length);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[j * rows + i] = a[i * columns + j];
    return { shape: [columns, rows], data };
  },
  sum: ({ data }) => ({ shape: [], data: Float64Array.of(data.reduce((sum, x) => sum + x, 0)) }),
  reshaped: ({ data }, shape) => ({ shape, data }),
  identity(n) {
    const data = new Float64Array(n * n);
    for (let i = 0; i < n; i++) data[i * n + i] = 1;
    return { shape: [n, n], data };
  },
};

/** A tensor of zeros. */
export function zeros(shape: Shape): Block {
  return { shape, data: new Float64Array(sizeOf(shape)) };
}

/** The rows and columns that a tensor has as a matrix, all axes but the first together; undefined of a vector or a number. */
export function matrixShape(shape: Shape): readonly [rows: number, columns: number] | undefined {
  if (shape.length < 2) return undefined;
  const [rows, ...rest] = shape;
  return [rows, sizeOf(rest)];
}
