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

/**
 * A layer y = Wx + b: every unit of `made` is the product of its own weights with what all units are given, at one place or
 * at many, as in a convolution or in the rows that are looked up in a table.
 */
export interface DenseLayer {
  readonly weights: MovedParameter;
  /** The weights as the product takes them: each unit's may be multiplied by a factor, as that of a normalisation behind it. */
  readonly scaled: Value;
  /** The axis of the weights along which the units lie, and that of what they make. */
  readonly weightAxis: number;
  readonly madeAxis: number;
  readonly bias: MovedParameter | undefined;
  /** With the bias. */
  readonly made: Value;
}

/** Weights of a unit beyond which a layer is none: a factor of n² numbers, and 12 n³ flops for its eigenvectors. */
const MOST_COLUMNS = 4096;

/**
 * The layers of a network whose weights go into one product alone with something of the examples, in the order in which they
 * are computed. A bias that is added to the product belongs to its layer.
 */
export function denseLayers({ outputs, parameters }: LossGraph): DenseLayer[] {
  const order = reachable([outputs]);
  const fed = new Set(parameters);
  const ofExamples = new Set<Value>();
  for (const node of order) {
    const isData = inputNameOf(node) !== undefined && !fed.has(node);
    if (isData || node.inputs.some((input) => ofExamples.has(input))) ofExamples.add(node);
  }
  const users = new Map<Value, Value[]>();
  for (const node of order) for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
  const lone = (value: Value): Value | undefined => {
    const [user, ...others] = users.get(value) ?? [];
    return others.length === 0 && value !== outputs ? user : undefined;
  };
  /** Where a parameter ends as it is, only moved, and the one operation that takes it there. */
  const taken = parameters.flatMap((start, parameter) => {
    let value = start;
    let user = lone(value);
    while (user?.operation.moves === true && user.inputs.length === 1) {
      value = user;
      user = lone(value);
    }
    return user === undefined ? [] : [{ parameter, value, user }];
  });
  return taken.flatMap(({ parameter, value, user: first }): DenseLayer[] => {
    const factor = factorAt(first, value);
    const scaled = factor === undefined ? value : first;
    const user = factor === undefined ? first : lone(first);
    if (user === undefined) return [];
    const [weightAxis, madeAxis] = layerAxes(user, user.inputs.indexOf(scaled)) ?? [];
    if (weightAxis === undefined || madeAxis === undefined || !ofExamples.has(user)) return [];
    if (sizeOf(value.shape) / value.shape[weightAxis] >= MOST_COLUMNS) return [];
    const units = value.shape[weightAxis];
    if (user.shape[madeAxis] !== units || (factor && !isAlong(factor, value, weightAxis))) return [];
    const product = movedOn({ made: user, axis: madeAxis }, lone);
    const sum = lone(product.made);
    // One number for each unit, added along its axis.
    const bias = taken.find(
      (other) =>
        other.user === sum &&
        sum.inputs.length === 2 &&
        sameShape(sum.shape, product.made.shape) &&
        sizeOf(other.value.shape) === units &&
        other.value.shape.at(product.axis - sum.shape.length) === units &&
        sum.operation.jvp?.(
          sum,
          sum.inputs.map((each) => (each === product.made ? each : undefined)),
        ) === product.made,
    );
    const weights = { parameter, value };
    return bias && sum
      ? [
          {
            weights,
            scaled,
            weightAxis,
            madeAxis: product.axis,
            bias: { parameter: bias.parameter, value: bias.value },
            made: sum,
          },
        ]
      : [{ weights, scaled, weightAxis, madeAxis, bias: undefined, made: user }];
  });
}

/** What is made, and the axis of its units. */
interface Made {
  readonly made: Value;
  readonly axis: number;
}

/** The same moved as far as it goes by itself, as rows of many places are behind a product of matrices. */
function movedOn({ made, axis }: Made, lone: (value: Value) => Value | undefined): Made {
  const next = lone(made);
  const step = next?.operation.outputStep;
  if (next === undefined || next.inputs.length !== 1 || step?.kind !== "moves") return { made, axis };
  const behind = step.axis(axis, made.shape, next.shape);
  return behind === undefined ? { made, axis } : movedOn({ made: next, axis: behind }, lone);
}

/** The axis of weights along which the units of a layer lie, and that of what they make; undefined where it is none. */
function layerAxes(user: Value, place: number): readonly [weight: number, made: number] | undefined {
  const { operation } = user;
  const own = operation.layerAxes?.(user, place);
  if (own !== undefined) return own;
  const [weight, ...otherWeights] = operation.weightAxes?.(user, place) ?? [];
  const [made, ...otherMade] = operation.madeAxes?.(user, place) ?? [];
  const isOne = otherWeights.length === 0 && otherMade.length === 0;
  return isOne && typeof weight === "number" && typeof made === "number" ? [weight, made] : undefined;
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
