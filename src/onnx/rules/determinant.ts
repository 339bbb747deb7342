import type { Value } from "../../graph/value.ts";
import { mul } from "../../ops/arithmetic.ts";
import { gather } from "../../ops/gather.ts";
import { reduceSum, reshape } from "../../ops/structure.ts";
import { isFloat, sizeOf } from "../../util/tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/** The largest matrices: the minors of one of n rows are 2ⁿ numbers. */
const MOST_ROWS = 10;

/** The subsets of 0 … n − 1 with k elements, each in rising order. */
function subsets(n: number, k: number): number[][] {
  if (k === 0) return [[]];
  return Array.from({ length: n }, (_, first) => first).flatMap((first) =>
    subsets(n - first - 1, k - 1).map((rest) => [first, ...rest.map((each) => each + first + 1)]),
  );
}

/**
 * Det: Laplace's expansion along the rows from the last on, the minors of each set of columns made of those of one column
 * less. A polynomial, and so with all derivatives at every matrix, singular ones included, without any division
 * (∂det/∂A is the matrix of cofactors).
 *
 * Cost: n·2ⁿ⁻¹ products for each matrix.
 */
function determinant(node: NodeContext): Value {
  const x = node.input(0);
  if (!isFloat(x.dtype)) node.fail("dtype-mismatch", `takes floats, not ${x.dtype}`);
  const [rows, columns] = x.shape.slice(-2);
  if (x.shape.length < 2 || rows !== columns)
    node.fail("shape-mismatch", `needs square matrices, not the shape [${x.shape.join(", ")}]`);
  if (rows > MOST_ROWS)
    node.unsupported(`takes determinants of ${rows} × ${rows} matrices; at most ${MOST_ROWS} × ${MOST_ROWS} are read`);
  const { graph } = x;
  const batch = x.shape.slice(0, -2);
  const count = sizeOf(batch);
  if (rows === 0) return node.unsupported("takes determinants of matrices without elements");
  const matrices = reshape(x, [count, rows, rows]);
  const row = (i: number) => gather(matrices, graph.scalar(i, "int64"), 1);
  let minors = row(rows - 1);
  let known = subsets(rows, 1);
  for (let k = 2; k <= rows; k++) {
    const places = new Map(known.map((each, i) => [each.join(), i]));
    const chosen = subsets(rows, k);
    const of = (index: (columns: number[], t: number) => number) =>
      reshape(graph.integers(chosen.flatMap((each) => each.map((_, t) => index(each, t)))), [chosen.length, k]);
    const elements = gather(
      row(rows - k),
      of((each, t) => each[t]),
      1,
    );
    const without = of((each, t) => places.get(each.filter((_, other) => other !== t).join()) ?? 0);
    const signs = Array.from({ length: k }, (_, t) => (t % 2 === 0 ? 1 : -1));
    const signed = graph.constant({ dtype: x.dtype, shape: [k], data: signsOf(x, signs) });
    const products = mul(mul(elements, signed), gather(minors, without, 1));
    node.checkSize(products.shape, false);
    minors = reshape(reduceSum(products, [2]), [count, chosen.length]);
    known = chosen;
  }
  return reshape(minors, batch);
}

function signsOf({ dtype }: Value, signs: readonly number[]): Float32Array | Float64Array {
  return dtype === "float32" ? Float32Array.from(signs) : Float64Array.from(signs);
}

/** Operators on whole matrices. */
export const DETERMINANTS: readonly OnnxRule[] = [{ op: "Det", inputs: 1, import: determinant }];
