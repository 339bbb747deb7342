import { sameShape } from "../graph/broadcast.ts";
import { inputNameOf } from "../graph/leaf.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { reshape, transpose } from "../ops/structure.ts";
import { sizeOf } from "../util/tensor.ts";
import type { LossGraph } from "./loss-graph.ts";

/** The parameter of that number, only moved. */
export interface MovedParameter {
  readonly parameter: number;
  readonly value: Value;
}

/** What is made, and the axis of its units. */
export interface Made {
  readonly made: Value;
  readonly axis: number;
}

/**
 * A layer y = Wx + b: every unit is the product of its own weights with what all units are given, at one place or at many, as in
 * a convolution, in the rows that are looked up in a table, or where several parts of a network share the weights.
 */
export interface DenseLayer {
  readonly weights: MovedParameter;
  /**
   * The weights as the product takes them, where each unit's are multiplied by a factor of its own, as by a normalisation behind
   * them; else the weights themselves: one factor for all is part of the product.
   */
  readonly scaled: Value;
  /** The axis of the weights along which the units lie. */
  readonly weightAxis: number;
  /** None where the weights of each unit have a factor of their own, which a bias has not: both together are no product of matrices. */
  readonly bias: MovedParameter | undefined;
  /** What is made wherever the weights are used, with the bias where one is added. */
  readonly uses: readonly Made[];
}

/** Weights of a unit beyond which a layer is none: a factor of n² numbers, and 12 n³ flops for its eigenvectors. */
const MOST_COLUMNS = 4096;

/**
 * The layers of a network whose weights go into products alone with something of the examples, none of which is made of another
 * of the same weights; in the order in which they are computed. A bias that is added to those products alone belongs to
 * their layer.
 */
export function denseLayers({ outputs, parameters }: LossGraph): DenseLayer[] {
  const order = reachable([outputs]);
  const fed = new Set(parameters);
  const ofExamples = new Set<Value>();
  const users = new Map<Value, Value[]>();
  for (const node of order) {
    const isData = inputNameOf(node) !== undefined && !fed.has(node);
    if (isData || node.inputs.some((input) => ofExamples.has(input))) ofExamples.add(node);
    for (const input of new Set(node.inputs)) users.set(input, [...(users.get(input) ?? []), node]);
  }
  const usersOf = (value: Value): readonly Value[] => (value === outputs ? [] : (users.get(value) ?? []));
  const lone = (value: Value): Value | undefined => {
    const [user, ...others] = usersOf(value);
    return others.length === 0 ? user : undefined;
  };
  /** Where a parameter ends as it is, only moved, and what takes it there. */
  const taken = parameters.map((start, parameter) => {
    let value = start;
    for (let user = lone(value); user !== undefined && picks(user); user = lone(value)) value = user;
    return { parameter, value, takers: usersOf(value) };
  });
  return taken.flatMap(({ parameter, value, takers }): DenseLayer[] => {
    const [first] = takers;
    const factor = takers.length === 1 ? factorAt(first, value) : undefined;
    const taking = factor === undefined ? value : first;
    const products = factor === undefined ? takers : usersOf(first);
    const hasFactors = factor !== undefined && sizeOf(factor.shape) > 1;
    const axes = products.map((product) => product.operation.layerAxes?.(product, product.inputs.indexOf(taking)));
    const weightAxis = axes[0]?.[0];
    if (weightAxis === undefined || (factor && !isAlong(factor, value, weightAxis))) return [];
    const units = value.shape[weightAxis];
    if (sizeOf(value.shape) / units >= MOST_COLUMNS) return [];
    const made = products.flatMap((product, i): Made[] => {
      const [weight, axis] = axes[i] ?? [];
      const isProduct = weight === weightAxis && axis !== undefined && product.shape[axis] === units;
      return isProduct && ofExamples.has(product) ? [{ made: product, axis }] : [];
    });
    if (made.length !== products.length || isChained(products)) return [];
    const sums = made.map((each) => {
      const moved = movedOn(each, lone);
      const sum = lone(moved.made);
      return sum && { ...moved, sum };
    });
    const bias = taken.find(
      (other) =>
        !hasFactors &&
        other.takers.length > 0 &&
        other.takers.every((taker) => sums.some((each) => each?.sum === taker && isBias(other.value, units, each))),
    );
    const uses = made.map((each, i): Made => {
      const sum = sums[i];
      return sum && bias?.takers.includes(sum.sum) ? { made: sum.sum, axis: sum.axis } : each;
    });
    const weights = { parameter, value };
    return [
      {
        weights,
        scaled: hasFactors ? taking : value,
        weightAxis,
        uses,
        bias: bias && { parameter: bias.parameter, value: bias.value },
      },
    ];
  });
}

/**
 * Whether every number that it gives is another one of those that it is given: a number that is repeated is the weight of two
 * units, and what is filled in is none.
 */
function picks({ operation, inputs, shape }: Value): boolean {
  const [source, ...others] = inputs;
  if (operation.moves !== true || source === undefined || others.length > 0) return false;
  if (operation.outputStep?.kind === "moves") return true;
  const size = sizeOf(source.shape);
  if (sizeOf(shape) > size) return false;
  const numbered = {
    dtype: "int64" as const,
    shape: source.shape,
    data: Float64Array.from({ length: size }, (_, i) => i + 1),
  };
  const picked = operation.evaluate?.([numbered], { dtype: "int64", shape });
  const seen = new Uint8Array(size + 1);
  // Nothing is filled in but zeros.
  seen[0] = 1;
  return picked?.data.every((each) => seen[each]++ === 0) ?? false;
}

/** Whether one of them is made of another. */
function isChained(products: readonly Value[]): boolean {
  return products.some((product) => {
    const behind = new Set(reachable([...product.inputs]));
    return products.some((other) => behind.has(other));
  });
}

/** Whether a value is one number for each unit, added along their axis to what is moved on. */
function isBias(value: Value, units: number, { made, axis, sum }: Made & { readonly sum: Value }): boolean {
  return (
    sum.inputs.length === 2 &&
    sameShape(sum.shape, made.shape) &&
    sizeOf(value.shape) === units &&
    value.shape.at(axis - sum.shape.length) === units &&
    sum.operation.jvp?.(
      sum,
      sum.inputs.map((each) => (each === made ? each : undefined)),
    ) === made
  );
}

/** The same moved as far as it goes by itself, as rows of many places are behind a product of matrices. */
function movedOn({ made, axis }: Made, lone: (value: Value) => Value | undefined): Made {
  const next = lone(made);
  const step = next?.operation.outputStep;
  if (next === undefined || next.inputs.length !== 1 || step?.kind !== "moves") return { made, axis };
  const behind = step.axis(axis, made.shape, next.shape);
  return behind === undefined ? { made, axis } : movedOn({ made: next, axis: behind }, lone);
}

/** What an operation multiplies a value by: one that is the same as its own derivative along the value is a product. */
function factorAt(node: Value, value: Value): Value | undefined {
  const { inputs, operation } = node;
  const other = inputs.find((each) => each !== value);
  if (operation.elementwise !== true || inputs.length !== 2 || other === undefined) return undefined;
  const tangents = inputs.map((each) => (each === value ? value : undefined));
  return sameShape(node.shape, value.shape) && operation.jvp?.(node, tangents) === node ? other : undefined;
}

/** Whether it differs along one axis of the value alone. */
function isAlong(factor: Value, { shape }: Value, axis: number): boolean {
  const ahead = shape.length - factor.shape.length;
  return factor.shape.every((extent, i) => extent === 1 || i + ahead === axis);
}

/** With the units in front, [units, …], behind the first `lead` axes. */
export function unitsFirst(value: Value, axis: number, lead = 0): Value {
  const others = [...value.shape.keys()].filter((each) => each !== axis + lead && each >= lead);
  const { shape } = value;
  const perm = [...Array.from({ length: lead }, (_, i) => i), axis + lead, ...others];
  return reshape(transpose(value, perm), [
    ...shape.slice(0, lead),
    shape[axis + lead],
    sizeOf(others.map((each) => shape[each])),
  ]);
}

/** How many units a layer has, weights each, and with the bias. */
export function columnsOf({ scaled, weightAxis, bias }: DenseLayer): {
  rows: number;
  weighted: number;
  columns: number;
} {
  const rows = scaled.shape[weightAxis];
  const weighted = sizeOf(scaled.shape) / rows;
  return { rows, weighted, columns: weighted + (bias ? 1 : 0) };
}
