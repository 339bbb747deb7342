import type { Value } from "../graph/value.ts";
import { sizeOf } from "../util/tensor.ts";
import type { OutputKind } from "./losses/output-kind.ts";
import { alterationOf, type OutputAlteration, sumAxisOf } from "./output-alteration.ts";

/** What makes (log-)probabilities of the last scores of a network. */
export interface OutputLink {
  /** Softmax, LogSoftmax, Sigmoid, or "a division by its own sum". */
  readonly name: string;
  readonly kind: OutputKind;
  /** Whether the outputs are one distribution over classes; else each is a probability of its own. */
  readonly normalises: boolean;
  /** Whether it divides by a sum: a distribution where nothing is negative. */
  readonly isDivision: boolean;
  /**
   * The axis of the outputs along which it normalises; undefined for one that works element by element, and
   * where that axis is none of the outputs' (a softmax over several axes at once).
   */
  readonly axis: number | undefined;
  /** The network's outputs without it; undefined where the scores before it are no logits, or where something behind it changes its numbers. */
  readonly logits: Value | undefined;
  /** What changes its numbers behind it, in order: ["Clip"]. */
  readonly behind: readonly string[];
  /** Whether they are multiplied by fixed numbers or shifted: no probabilities for certain. */
  readonly isRescaled: boolean;
}

interface LinkKind {
  readonly kind: OutputKind;
  readonly normalises: boolean;
}

/** What the results of these operations are. */
const LINKS: ReadonlyMap<string, LinkKind> = new Map([
  ["Softmax", { kind: "probabilities", normalises: true }],
  ["LogSoftmax", { kind: "log-probabilities", normalises: true }],
  ["Sigmoid", { kind: "probabilities", normalises: false }],
]);

const SUM: LinkKind = { kind: "probabilities", normalises: true };

/** Operations that leave every number as it is, and where they put an axis of their input. */
const MOVES: ReadonlyMap<string, (move: Value, axis: number) => number | undefined> = new Map([
  ["Cast", (_move: Value, axis: number) => axis],
  ["Transpose", transposedAxis],
  ["Reshape", reshapedAxis],
]);

/**
 * Finds what made the outputs (log-)probabilities: a Softmax, LogSoftmax, Sigmoid or a division by their own
 * sum, through changes of shape and order, through the logarithm of a distribution, and through what keeps
 * numbers finite (Clip, a small number that is added) or rescales them. Undefined when the outputs come
 * from something else.
 */
export function outputLink(outputs: Value): OutputLink | undefined {
  const moves: Value[] = [];
  /** What is between the link and the outputs, the first first. */
  const steps: (OutputAlteration | "Log")[] = [];
  let source = outputs;
  for (let inner: Value | undefined = outputs; inner;) {
    source = inner;
    const { name } = source.operation;
    const alteration = MOVES.has(name) || name === "Log" ? undefined : alterationOf(source);
    if (MOVES.has(name)) moves.unshift(source);
    else if (name === "Log") steps.unshift("Log");
    else if (alteration) steps.unshift(alteration);
    else break;
    inner = alteration?.of ?? source.inputs[0];
  }
  const sumAxis = sumAxisOf(source);
  const { name, attributes } = source.operation;
  const link = sumAxis === undefined ? LINKS.get(name) : SUM;
  const logs = steps.filter((step) => step === "Log").length;
  if (!link || logs > 1 || (logs === 1 && !(link.normalises && link.kind === "probabilities"))) return undefined;
  const isLogSoftmax = sumAxis === undefined && steps.length === 1 && logs === 1;
  let axis = sumAxis ?? (typeof attributes["axis"] === "number" ? attributes["axis"] : undefined);
  let [logits] = source.inputs;
  for (const move of moves) {
    axis = axis === undefined ? undefined : MOVES.get(move.operation.name)?.(move, axis);
    logits = move.graph.apply(move.operation, [logits]);
  }
  return {
    name: isLogSoftmax ? "LogSoftmax" : sumAxis === undefined ? name : "a division by its own sum",
    kind: logs === 1 ? "log-probabilities" : link.kind,
    normalises: link.normalises,
    isDivision: sumAxis !== undefined,
    axis,
    logits: sumAxis === undefined && (steps.length === 0 || isLogSoftmax) ? logits : undefined,
    behind: isLogSoftmax ? [] : namesOf(steps),
    isRescaled: isRescaled(link.kind, steps),
  };
}

/** Whether fixed numbers may stand for probabilities, or for their logarithms. */
function mayBe({ min, max }: { readonly min: number; readonly max: number }, isLog: boolean): boolean {
  return isLog ? max <= 0 : min >= 0 && max <= 1;
}

/** What exporters call these steps; one operation may be several. */
function namesOf(steps: readonly (OutputAlteration | "Log")[]): string[] {
  const names = steps.map((step) => (step === "Log" ? step : step.name));
  return names.filter((name, i) => name !== names[i - 1]);
}

/** Whether numbers between 0 and 1, or their logarithms, may be others behind these steps: what is added to a logarithm multiplies what it is of. */
function isRescaled(kind: OutputKind, steps: readonly (OutputAlteration | "Log")[]): boolean {
  let isLog = kind === "log-probabilities";
  for (const step of steps) {
    if (step === "Log") isLog = true;
    else if (step.effect === "rescales" || (step.effect === "shifts" && isLog)) return true;
    else if (step.effect === "limits" && step.numbers && !mayBe(step.numbers, isLog)) return true;
  }
  return false;
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
