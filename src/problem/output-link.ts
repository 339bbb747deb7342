import type { Value } from "../graph/value.ts";
import { sizeOf } from "../util/tensor.ts";
import type { OutputKind } from "./losses/output-kind.ts";

/** The operation that turns logits into the outputs of a network. */
export interface OutputLink {
  /** Softmax, LogSoftmax or Sigmoid. */
  readonly name: string;
  readonly kind: OutputKind;
  /**
   * The axis of the outputs along which it normalises; undefined for one that works element by element, and
   * where that axis is none of the outputs' (a softmax over several axes at once).
   */
  readonly axis: number | undefined;
  /** The network's outputs without it. */
  readonly logits: Value;
}

/** What the results of these operations are. */
const KINDS: ReadonlyMap<string, OutputKind> = new Map([
  ["Softmax", "probabilities"],
  ["LogSoftmax", "log-probabilities"],
  ["Sigmoid", "probabilities"],
]);

/** Operations that leave every number as it is, and where they put an axis of their input. */
const MOVES: ReadonlyMap<string, (move: Value, axis: number) => number | undefined> = new Map([
  ["Cast", (_move: Value, axis: number) => axis],
  ["Transpose", transposedAxis],
  ["Reshape", reshapedAxis],
]);

/**
 * Finds a final Softmax, LogSoftmax or Sigmoid, through changes of shape and order, and through the
 * logarithm of a Softmax, which is a LogSoftmax. Undefined when the outputs come from something else.
 */
export function outputLink(outputs: Value): OutputLink | undefined {
  const outer = behindMoves(outputs);
  const inner = outer.source.operation.name === "Log" ? behindMoves(outer.source.inputs[0]) : undefined;
  const isLog = inner?.source.operation.name === "Softmax";
  const { source, moves } = inner && isLog ? { ...inner, moves: [...inner.moves, ...outer.moves] } : outer;
  const { name, attributes } = source.operation;
  const kind = KINDS.get(name);
  if (kind === undefined) return undefined;
  let axis = typeof attributes["axis"] === "number" ? attributes["axis"] : undefined;
  let [logits] = source.inputs;
  for (const move of moves) {
    axis = axis === undefined ? undefined : MOVES.get(move.operation.name)?.(move, axis);
    logits = move.graph.apply(move.operation, [logits]);
  }
  return { name: isLog ? "LogSoftmax" : name, kind: isLog ? "log-probabilities" : kind, axis, logits };
}

/**
 * The axis of the outputs along which the units of the last weights lie: the classes, where outputs have
 * them. Found through changes of shape and order and through what works element by element (a bias).
 */
export function lastUnitAxis(outputs: Value): number | undefined {
  const moves: Value[] = [];
  let value = outputs;
  while (value.inputs.length > 0 && value.operation.unitAxis === undefined) {
    if (MOVES.has(value.operation.name)) moves.unshift(value);
    else if (!value.operation.elementwise) return undefined;
    const { shape } = value;
    const next = MOVES.has(value.operation.name)
      ? value.inputs[0]
      : value.inputs.find((input) => input.shape.join() === shape.join());
    if (!next) return undefined;
    value = next;
  }
  const { unitAxis } = value.operation;
  if (unitAxis === undefined) return undefined;
  let axis: number | undefined = unitAxis < 0 ? unitAxis + value.shape.length : unitAxis;
  for (const move of moves) axis = axis === undefined ? undefined : MOVES.get(move.operation.name)?.(move, axis);
  return axis;
}

function behindMoves(outputs: Value): { source: Value; moves: Value[] } {
  const moves: Value[] = [];
  let source = outputs;
  while (MOVES.has(source.operation.name)) {
    moves.unshift(source);
    [source] = source.inputs;
  }
  return { source, moves };
}

function transposedAxis({ operation: { attributes } }: Value, axis: number): number | undefined {
  const { perm } = attributes;
  const at = Array.isArray(perm) ? perm.findIndex((each) => each === axis) : -1;
  return at < 0 ? undefined : at;
}

/** The axis whose index is a function of the old one's alone: as long, with as many elements before it. */
function reshapedAxis(move: Value, axis: number): number | undefined {
  const from = move.inputs[0].shape;
  const before = sizeOf(from.slice(0, axis));
  const at = move.shape.findIndex(
    (extent, each) => extent === from[axis] && sizeOf(move.shape.slice(0, each)) === before,
  );
  return at < 0 ? undefined : at;
}
