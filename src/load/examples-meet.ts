import { whereExamplesMeet } from "../graph/where-examples-meet.ts";
import { tensorOf } from "../graph/leaf.ts";
import type { Attribute } from "../graph/emitter.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { fedName } from "../problem/file-names.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { probeAt } from "./probe-network.ts";

type NetworkQuestion = Parameters<typeof probeAt>[0];

/** Batch sizes to read the graph with: prime, so that an extent that one divides counts examples. */
const SIZES = [11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53];

/**
 * Where the graph of a network leaves it open that the examples of a batch meet: the name of the operation at
 * which they may. Undefined where the graph shows that the outputs of an example are functions of that example
 * alone, whatever the parameters and however large the batch: its axis can be followed from the inputs to the
 * outputs, and no number in the graph changes with the batch size.
 *
 * Cost: the graph is imported twice; nothing is computed.
 */
export function whereExamplesMayMeet(question: NetworkQuestion): string | undefined {
  const { model, dataset } = question;
  const shapes = [...dataset.inputs, ...model.parameters].map(({ shape }) => shape);
  const [small, large] = SIZES.filter((size) => !shapes.some((shape) => shape.some((extent) => extent % size === 0)));
  if (large === undefined) return "a graph whose extents hide the examples";
  try {
    const names = new Set(dataset.inputs.map(({ name }) => fedName(name)));
    const [ofSmall, ofLarge] = [small, large].map((batch) => [probeAt(question, batch).outputs]);
    // At both sizes: an extent inside the graph may be a multiple of one of them by chance.
    const meeting = whereExamplesMeet(ofSmall, names, small) ?? whereExamplesMeet(ofLarge, names, large);
    return (meeting ?? whereSizeEnters(reachable(ofSmall), small, reachable(ofLarge), large))?.operation.name;
  } catch (error) {
    if (error instanceof ThalwegError && error.kind === "input") return "a graph that takes some batch sizes only";
    throw error;
  }
}

/** The first value that is another at another batch size, apart from extents that grow with it. */
function whereSizeEnters(
  ofSmall: readonly Value[],
  small: number,
  ofLarge: readonly Value[],
  large: number,
): Value | undefined {
  return ofSmall.find((value, i) => {
    const other = ofLarge[i];
    if (other?.operation.name !== value.operation.name) return true;
    const [mine, its] = [tensorOf(value), tensorOf(other)];
    if (mine && its) return !haveEqualNumbers(mine.data, its.data);
    const { attributes } = other.operation;
    return Object.entries(value.operation.attributes).some(
      ([key, attribute]) => !grows(attribute, small, attributes[key], large),
    );
  });
}

function haveEqualNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length === b.length) {
    for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
    return true;
  }
  const numbers = new Set(Array.from(a));
  const others = new Set(Array.from(b));
  return numbers.size === others.size && [...numbers].every((each) => others.has(each));
}

/** Whether an attribute is equal at both batch sizes, or an extent in proportion to them. */
function grows(a: Attribute, small: number, b: Attribute, large: number): boolean {
  if (typeof a === "number" && typeof b === "number") return a === b || a * large === b * small;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, i) => grows(each, small, b[i], large));
  return JSON.stringify(a) === JSON.stringify(b);
}
