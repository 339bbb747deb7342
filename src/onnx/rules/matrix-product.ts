import type { Value } from "../../graph/value.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/matmul.ts";
import { reshape } from "../../ops/structure.ts";
import { FLAG, FLOAT, NO_EFFECT, STRING, only, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { einsum } from "./einsum.ts";

/** MatMul as NumPy has it: vectors become a row or a column that is dropped again. */
function numpyMatmul(a: Value, b: Value): Value {
  if (a.shape.length > 1 && b.shape.length > 1) return matmul(a, b);
  const left = a.shape.length === 1 ? reshape(a, [1, a.shape[0]]) : a;
  const right = b.shape.length === 1 ? reshape(b, [b.shape[0], 1]) : b;
  const product = matmul(left, right);
  const shape = [...product.shape];
  if (b.shape.length === 1) shape.pop();
  if (a.shape.length === 1) shape.splice(shape.length - (b.shape.length === 1 ? 1 : 2), 1);
  return reshape(product, shape);
}

function scaled(x: Value, factor: number): Value {
  return factor === 1 ? x : mul(x, factor);
}

function matmulRule(node: NodeContext): Value {
  const [a, b] = [node.input(0), node.input(1)];
  if (a.shape.length === 0 || b.shape.length === 0) node.fail("shape-mismatch", "multiplies a scalar");
  return numpyMatmul(a, b);
}

/** α·op(A)·op(B) + β·C */
export function gemm(node: NodeContext): Value {
  const [a, b, c] = [node.input(0), node.input(1), node.inputs[2]];
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    node.fail(
      "shape-mismatch",
      `multiplies the shapes [${a.shape.join(", ")}] and [${b.shape.join(", ")}], which are not matrices`,
    );
  }
  const product = matmul(a, b, { transposeA: node.flag("transA"), transposeB: node.flag("transB") });
  const left = scaled(product, node.float("alpha", 1));
  return c ? add(left, scaled(c, node.float("beta", 1))) : left;
}

function fusedMatmul(node: NodeContext): Value {
  const [a, b] = [node.input(0), node.input(1)];
  const plain = a.shape.length < 2 || b.shape.length < 2;
  const product = plain
    ? numpyMatmul(a, b)
    : matmul(a, b, { transposeA: node.flag("transA"), transposeB: node.flag("transB") });
  return scaled(product, node.float("alpha", 1));
}

function einsumRule(node: NodeContext): Value {
  return einsum(node.string("equation", ""), node.all(), (message) => node.fail("bad-attribute", message));
}

export const GEMM_ATTRIBUTES = { alpha: FLOAT, beta: FLOAT, transA: FLAG, transB: FLAG };

export const MATRIX_PRODUCTS: readonly OnnxRule[] = [
  { op: "MatMul", inputs: 2, slots: ["weight"], linear: true, import: matmulRule },
  {
    op: "Gemm",
    // What is added broadcasts as it does today where opset 6 is told to; else it has the shape of the product.
    attributes: { ...GEMM_ATTRIBUTES, broadcast: until(6, NO_EFFECT) },
    inputs: 3,
    slots: ["weight", "weight", "offset"],
    linear: true,
    import: gemm,
  },
  {
    op: "FusedMatMul",
    domain: "com.microsoft",
    attributes: { alpha: FLOAT, transA: FLAG, transB: FLAG, transBatchA: only(0), transBatchB: only(0) },
    inputs: 2,
    slots: ["weight"],
    linear: true,
    import: fusedMatmul,
  },
  {
    op: "Einsum",
    attributes: { equation: STRING },
    inputs: Infinity,
    slots: ["weight"],
    linear: true,
    import: einsumRule,
  },
];
