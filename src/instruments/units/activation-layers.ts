import type { ActivationTraits, Value } from "../../graph/value.ts";
import { inputNameOf } from "../../graph/leaf.ts";
import { dependents, inputsOf, reachable } from "../../graph/traverse.ts";
import { concat } from "../../ops/movement.ts";
import type { LossGraph } from "../../problem/loss-graph.ts";
import { fileNameOf } from "../../problem/file-names.ts";

/** The units behind an activation of the network, wherever it is applied. */
export interface ActivationLayer {
  /** The activations of all applications; those of one shape one below the other along the first axis. */
  readonly values: readonly Value[];
  readonly traits: ActivationTraits;
  /** ONNX name of the activation. */
  readonly activation: string;
  /** Axis of the units. */
  readonly axis: number;
  /** How often the network applies these units: the time steps of an unrolled recurrence, the branches of shared weights. */
  readonly applications: number;
  /** The parameter that makes the units, for its name. */
  readonly made: string;
}

/** What the units of an activation are made of since the last activation. */
interface Origin {
  /** The weights that act on data or on activations; each with the operations that pick units on the way. */
  readonly weights: ReadonlySet<string>;
  /** Names of offsets, factors and initial states; activations that enter without weights. */
  readonly others: ReadonlySet<string>;
}

/** Values with the same units: the same activation of the same weights. */
interface Group {
  readonly operation: string;
  readonly traits: ActivationTraits;
  readonly axis: number;
  readonly units: number;
  readonly origin: Origin;
  readonly values: Value[];
}

/** The axis of the units: the one that the operation which made them names, else the last. */
function unitAxis(value: Value): number {
  const seen = [value];
  for (let at = seen.pop(); at; at = seen.pop()) {
    const axis = at.operation.unitAxes?.at(-1);
    if (axis !== undefined) return axis < 0 ? at.shape.length + axis : axis;
    for (const each of at.inputs.filter((input) => input.shape.length === value.shape.length)) seen.push(each);
  }
  return value.shape.length - 1;
}

/**
 * Finds what the units of an activation are made of. A weight is told by its value (equal values are
 * one object) and by the operations that pick units behind it, as the gates of a recurrent cell are
 * picked: those change the extent of the unit axis.
 */
class Origins {
  private readonly learned: ReadonlySet<Value>;
  private readonly fed: ReadonlySet<Value>;
  private readonly known = new Map<Value, Origin>();

  constructor(learned: ReadonlySet<Value>, fed: ReadonlySet<Value>) {
    this.learned = learned;
    this.fed = fed;
  }

  /** Activations must be asked for in the order of the network. */
  of(value: Value, axis: number): Origin {
    const fromEnd = value.shape.length - axis;
    const unitsOf = (at: Value) => at.shape[at.shape.length - fromEnd] ?? 1;
    const weights = new Set<string>();
    const others = new Set<string>();
    const seen = new Set<string>();
    const open: { readonly at: Value; readonly path: string }[] = [];
    const enter = (from: Value, path: string) => {
      for (const at of from.inputs) {
        if (!this.learned.has(at)) continue;
        const picks = unitsOf(at) !== unitsOf(from) && unitsOf(at) !== 1;
        open.push({ at, path: picks ? `${path} ${JSON.stringify(from.operation.attributes)}` : path });
      }
    };
    enter(value, "");
    for (let next = open.pop(); next; next = open.pop()) {
      const { at, path } = next;
      const step = `${at.id}${path}`;
      if (seen.has(step)) continue;
      seen.add(step);
      const layer = this.known.get(at);
      if (!this.fed.has(at)) for (const name of inputsOf([at]).keys()) others.add(name);
      else if (layer) others.add(`${at.operation.name} of ${[...layer.weights].toSorted().join()}${path}`);
      else if (at.operation.unitAxes === undefined) enter(at, path);
      else {
        const acting = at.inputs.filter((input) => this.learned.has(input) && !this.fed.has(input));
        for (const { id } of acting.length > 0 ? acting : [at]) weights.add(`${id}${path}`);
      }
    }
    const origin = { weights, others };
    this.known.set(value, origin);
    return origin;
  }
}

function isSubset(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].every((each) => b.has(each));
}

function isSame(a: Origin, b: Origin): boolean {
  return (
    a.weights.size === b.weights.size &&
    a.others.size === b.others.size &&
    isSubset(a.weights, b.weights) &&
    isSubset(a.others, b.others)
  );
}

/** Whether a is b without what comes from the state of a recurrence. */
function isPart(a: Origin, b: Origin): boolean {
  return isSubset(a.weights, b.weights) && (a.weights.size > 0 || isSubset(a.others, b.others));
}

/**
 * The activation at every position. What keeps order may stand behind a pooling by maximum (the graph moves
 * it there, where there are fewer elements); the units that were passed over are then put back.
 */
function beforeSelection(value: Value): Value {
  const [at, ...others] = value.inputs;
  if (others.length > 0 || !at.operation.selects) return value;
  return beforeSelection(value.graph.apply(value.operation, [at.inputs[0]]));
}

/** Applications of one shape are joined: weights may be shared between images of several sizes. */
function byShape(values: readonly Value[]): Value[] {
  const shapes = new Map<string, Value[]>();
  for (const value of values) {
    const shape = value.shape.join();
    shapes.set(shape, [...(shapes.get(shape) ?? []), value]);
  }
  return [...shapes.values()].map((same) => (same.length === 1 ? same[0] : concat(same, 0)));
}

/**
 * The activations that depend on the data and on parameters, in the order of the network. Those of the
 * same weights are one layer, as in a recurrence written out step by step. Its first steps lack some
 * of what comes from the state, where that starts at zero or with learned numbers: an activation made
 * of a part of what makes a repeated layer belongs to that layer.
 */
export function activationLayers({ outputs, parameters }: LossGraph): ActivationLayer[] {
  const order = reachable([outputs]);
  const learned = dependents(order, parameters);
  const data = order.filter((value) => inputNameOf(value) !== undefined && !parameters.includes(value));
  const fed = dependents(order, data);
  const origins = new Origins(learned, fed);
  const groups: Group[] = [];
  const isAlike = (a: Omit<Group, "values">, b: Group) =>
    a.operation === b.operation && a.axis === b.axis && a.units === b.units;

  for (const value of order) {
    const { name, activation: traits } = value.operation;
    if (!traits || value.shape.length < 2 || !learned.has(value) || !fed.has(value)) continue;
    const axis = unitAxis(value);
    const made = { operation: name, traits, axis, units: value.shape[axis], origin: origins.of(value, axis) };
    const known = groups.find((group) => isAlike(made, group) && isSame(made.origin, group.origin));
    const everywhere = beforeSelection(value);
    if (!known) groups.push({ ...made, values: [everywhere] });
    else if (!known.values.includes(everywhere)) known.values.push(everywhere);
  }
  const joined = new Set<Group>();
  for (const group of groups.filter(({ values }) => values.length === 1).toReversed()) {
    const repeated = groups.find(
      (each) => each.values.length > 1 && isAlike(group, each) && isPart(group.origin, each.origin),
    );
    if (!repeated) continue;
    joined.add(group);
    repeated.values.unshift(group.values[0]);
  }

  const layers = groups
    .filter((group) => !joined.has(group))
    .map(({ values, operation, traits, axis }): ActivationLayer => {
      const before = reachable([values[values.length - 1]]).filter(
        (each) => parameters.includes(each) && each.shape.length > 1,
      );
      const last = before.toSorted((a, b) => firstUse(order, a) - firstUse(order, b)).at(-1);
      return {
        values: byShape(values),
        traits,
        activation: operation,
        axis,
        applications: values.length,
        made: (last && fileNameOf(last)) ?? operation,
      };
    });
  return layers.map((layer) => ({ ...layer, made: numbered(layer, layers) }));
}

/** The name with a number where several layers of one activation have it, as the gates of a recurrent cell do. */
function numbered(layer: ActivationLayer, layers: readonly ActivationLayer[]): string {
  const sharers = layers.filter(({ made, activation }) => made === layer.made && activation === layer.activation);
  return sharers.length === 1 ? layer.made : `${layer.made} (${sharers.indexOf(layer) + 1} of ${sharers.length})`;
}

/** Place of the first value that reads a parameter: parameters enter the graph before anything is computed. */
function firstUse(order: readonly Value[], parameter: Value): number {
  return order.findIndex((value) => value.inputs.includes(parameter));
}
