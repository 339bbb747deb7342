import type { Value } from "../../graph/value.ts";
import { mul } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/matmul.ts";
import { expand, reduceSum, reshape, transpose } from "../../ops/structure.ts";
import { sizeOf } from "../../util/tensor.ts";

/** A value whose axes carry labels. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

/**
 * Einstein summation over any number of operands, contracted from left to right by batched matrix
 * products. Labels are letters; `...` stands for axes that broadcast; a label that one operand has
 * twice takes its diagonal.
 */
export function einsum(equation: string, operands: readonly Value[], fail: (message: string) => never): Value {
  const [left, right] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  if (terms.length !== operands.length) fail(`has ${operands.length} operands for the equation ${equation}`);
  const labelled = terms.map((term, i) => diagonal(labelAxes(term, operands[i], fail)));
  const all = labelled.flatMap(({ labels }) => labels);
  const dots = [...new Set(all.filter((label) => label.length > 1))].sort();
  const implicit = [
    ...dots,
    ...[...new Set(all)].filter((label) => label.length === 1 && all.indexOf(label) === all.lastIndexOf(label)).sort(),
  ];
  const output =
    right === undefined ? implicit : splitLabels(right).flatMap((label) => (label === "..." ? dots : [label]));
  if (new Set(output).size !== output.length || output.some((label) => !all.includes(label)))
    fail(`has the output ${right} in ${equation}`);

  let result = labelled[0];
  for (let next = 1; next < labelled.length; next++) {
    const later = new Set([...output, ...labelled.slice(next + 1).flatMap(({ labels }) => labels)]);
    result = contract(result, labelled[next], later);
  }
  const summed = sumOut(result, new Set(output));
  return transpose(
    summed.value,
    output.map((label) => summed.labels.indexOf(label)),
  );
}

function splitLabels(term: string): string[] {
  return term.match(/\.\.\.|./g) ?? [];
}

/** Letters for the axes of a term; the axes under `...` are called .0, .1, … counted from the right. */
function labelAxes(term: string, value: Value, fail: (message: string) => never): Labelled {
  const labels = splitLabels(term);
  const letters = labels.filter((label) => label !== "...").length;
  const hidden = value.shape.length - letters;
  if (
    labels.some((label) => !/^([A-Za-z]|\.\.\.)$/.test(label)) ||
    hidden < 0 ||
    (hidden > 0 && !labels.includes("..."))
  ) {
    fail(`labels the shape [${value.shape.join(", ")}] by ${term}`);
  }
  const dots = Array.from({ length: hidden }, (_, i) => `.${String(99 - (hidden - 1 - i)).padStart(2, "0")}`);
  return { value, labels: labels.flatMap((label) => (label === "..." ? dots : [label])) };
}

/** Repeated labels: the diagonal, as a sum over what a unit matrix leaves. */
function diagonal({ value, labels }: Labelled): Labelled {
  const first = labels.findIndex((label, axis) => labels.indexOf(label) !== axis);
  if (first < 0) return { value, labels };
  const axis = labels.indexOf(labels[first]);
  const extent = value.shape[axis];
  const eye = new Float64Array(extent * extent);
  for (let i = 0; i < extent; i++) eye[i * (extent + 1)] = 1;
  const data = value.dtype === "float32" ? Float32Array.from(eye) : eye;
  const shape = value.shape.map((_, each) => (each === axis || each === first ? extent : 1));
  const masked = mul(
    value,
    reshape(value.graph.constant({ dtype: value.dtype, shape: [extent, extent], data }), shape),
  );
  const summed = reduceSum(masked, [first]);
  return diagonal({ value: reshape(summed, drop(summed.shape, first)), labels: drop(labels, first) });
}

function drop<T>(items: readonly T[], index: number): T[] {
  return items.filter((_, i) => i !== index);
}

/** Sums over the labels that nothing needs any more. */
function sumOut({ value, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (axes.length === 0) return { value, labels };
  const shape = value.shape.filter((_, axis) => !axes.includes(axis));
  return { value: reshape(reduceSum(value, axes), shape), labels: labels.filter((label) => needed.has(label)) };
}

/** The product of two operands, summed over the labels that both have and nothing needs later. */
function contract(a: Labelled, b: Labelled, later: ReadonlySet<string>): Labelled {
  const left = sumOut(a, new Set([...later, ...b.labels]));
  const right = sumOut(b, new Set([...later, ...a.labels]));
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => later.has(label));
  const summed = shared.filter((label) => !later.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const extentOf = new Map<string, number>();
  for (const { value, labels } of [left, right]) {
    labels.forEach((label, axis) => extentOf.set(label, Math.max(extentOf.get(label) ?? 1, value.shape[axis])));
  }
  const extents = (labels: readonly string[]) => labels.map((label) => extentOf.get(label) ?? 1);
  // [batch…, rows, summed] · [batch…, summed, columns]; axes of extent 1 broadcast in the batch only.
  const lower = arrange(left, [batch, rows, summed], extents);
  const upper = arrange(right, [batch, summed, columns], extents);
  const product = summed.length === 0 ? mul(lower, upper) : matmul(lower, upper);
  return { value: reshape(product, extents([...batch, ...rows, ...columns])), labels: [...batch, ...rows, ...columns] };
}

/** Orders the axes as the batch, one by one, then two groups merged into one axis each. */
function arrange(
  { value, labels }: Labelled,
  [batch, ...groups]: readonly (readonly string[])[],
  extents: (labels: readonly string[]) => number[],
): Value {
  const order = [...batch, ...groups.flat()];
  const moved = transpose(
    value,
    order.map((label) => labels.indexOf(label)),
  );
  const own = moved.shape.slice(0, batch.length);
  const full = expand(moved, [...own, ...extents(groups.flat())]);
  return reshape(full, [...own, ...groups.map((group) => sizeOf(extents(group)))]);
}
