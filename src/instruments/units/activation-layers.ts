import type { ActivationTraits } from "../../graph/operation.ts";
import { inputNameOf } from "../../graph/leaf.ts";
import { dependents, reachable } from "../../graph/traverse.ts";
import type { Value } from "../../graph/value.ts";
import { concat } from "../../ops/movement.ts";
import type { LossGraph } from "../../problem/loss-graph.ts";

/** The units behind an activation of the network, wherever it is applied. */
export interface ActivationLayer {
  /** The activations of all applications, one below the other along the first axis. */
  readonly value: Value;
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

/** Values with the same units: the same activation of the same weights. */
interface Group {
  readonly operation: string;
  readonly traits: ActivationTraits;
  readonly axis: number;
  readonly units: number;
  /** What the units are made of, see {@link Origins}. */
  readonly origin: ReadonlySet<string>;
  readonly values: Value[];
}

/** The axis of the units: the one that the operation which made them names, else the last. */
function unitAxis(value: Value): number {
  const seen = [value];
  for (let at = seen.pop(); at; at = seen.pop()) {
    const { unitAxis: axis } = at.operation;
    if (axis !== undefined) return axis < 0 ? at.shape.length + axis : axis;
    seen.push(...at.inputs.filter((input) => input.shape.length === value.shape.length));
  }
  return value.shape.length - 1;
}

/**
 * What the units of an activation are made of: the weights and offsets that act on them since the last
 * activation, and the activations that enter without weights. Each is told by its value (equal values
 * are one object) and by the operations that pick units on the way, as the gates of a recurrent cell
 * are picked: those change the extent of the unit axis.
 */
class Origins {
  private readonly learned: ReadonlySet<Value>;
  private readonly fed: ReadonlySet<Value>;
  private readonly layerOf: ReadonlyMap<Value, number>;

  constructor(learned: ReadonlySet<Value>, fed: ReadonlySet<Value>, layerOf: ReadonlyMap<Value, number>) {
    this.learned = learned;
    this.fed = fed;
    this.layerOf = layerOf;
  }

  of(value: Value, axis: number): Set<string> {
    const fromEnd = value.shape.length - axis;
    const unitsOf = (at: Value) => at.shape[at.shape.length - fromEnd] ?? 1;
    const origin = new Set<string>();
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
      const layer = this.layerOf.get(at);
      if (!this.fed.has(at)) origin.add(step);
      else if (layer !== undefined) origin.add(`layer ${layer}${path}`);
      else if (at.operation.unitAxis === undefined) enter(at, path);
      else {
        const weights = at.inputs.filter((input) => this.learned.has(input) && !this.fed.has(input));
        for (const { id } of weights.length > 0 ? weights : [at]) origin.add(`${id}${path}`);
      }
    }
    return origin;
  }
}

function isSubset(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].every((each) => b.has(each));
}

/**
 * The activations that depend on the data and on parameters, in the order of the network. Those of the
 * same weights are one layer, as in a recurrence written out step by step. Its first step lacks what
 * comes from the state where that starts at zero: an activation made of a part of what makes a
 * repeated layer belongs to that layer.
 */
export function activationLayers({ outputs, parameters }: LossGraph): ActivationLayer[] {
  const order = reachable([outputs]);
  const learned = dependents(order, parameters);
  const data = order.filter((value) => inputNameOf(value) !== undefined && !parameters.includes(value));
  const fed = dependents(order, data);
  const layerOf = new Map<Value, number>();
  const origins = new Origins(learned, fed, layerOf);
  const groups: Group[] = [];
  const isAlike = (a: Omit<Group, "values">, b: Group) =>
    a !== b && a.operation === b.operation && a.axis === b.axis && a.units === b.units && isSubset(a.origin, b.origin);

  for (const value of order) {
    const { name, activation: traits } = value.operation;
    if (!traits || value.shape.length < 2 || !learned.has(value) || !fed.has(value)) continue;
    const axis = unitAxis(value);
    const made = { operation: name, traits, axis, units: value.shape[axis], origin: origins.of(value, axis) };
    let layer = groups.findIndex((group) => isAlike(made, group) && group.origin.size === made.origin.size);
    if (layer < 0) layer = groups.push({ ...made, values: [] }) - 1;
    groups[layer].values.push(value);
    layerOf.set(value, layer);
  }
  const first = new Set<Group>();
  for (const group of groups.filter(({ values }) => values.length === 1)) {
    const repeated = groups.find((each) => each.values.length > 1 && isAlike(group, each));
    if (!repeated) continue;
    first.add(group);
    repeated.values.unshift(...group.values);
  }

  const layers = groups
    .filter((group) => !first.has(group))
    .map(({ values, operation, traits, axis }): ActivationLayer => {
      const before = reachable([values[values.length - 1]]).filter(
        (each) => parameters.includes(each) && each.shape.length > 1,
      );
      const last = before.toSorted((a, b) => firstUse(order, a) - firstUse(order, b)).at(-1);
      return {
        value: values.length === 1 ? values[0] : concat(values, 0),
        traits,
        activation: operation,
        axis,
        applications: values.length,
        made: (last && inputNameOf(last)) ?? operation,
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
