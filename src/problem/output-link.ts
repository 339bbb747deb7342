import type { Value } from "../graph/value.ts";
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

/** What a division by its own sum is. */
const SUM = { gives: "probabilities", normalises: true, axis: undefined, logarithm: undefined } as const;

/**
 * Finds what made the outputs (log-)probabilities: a Softmax, LogSoftmax, Sigmoid or a division by their own
 * sum, through changes of shape and order, through the logarithm of a distribution, and through what keeps
 * numbers finite (Clip, a small number that is added) or rescales them. Undefined when the outputs come
 * from something else.
 */
export function outputLink(outputs: Value): OutputLink | undefined {
  const moves: Value[] = [];
  /** What is between the link and the outputs, the first first. */
  const steps: (OutputAlteration | Logarithm)[] = [];
  let source = outputs;
  for (let inner: Value | undefined = outputs; inner;) {
    source = inner;
    const { outputStep, name } = source.operation;
    const alteration = alterationOf(source);
    if (outputStep?.kind === "moves") moves.unshift(source);
    else if (outputStep?.kind === "logarithm") steps.unshift({ name, effect: "logarithm" });
    else if (alteration) steps.unshift(alteration);
    else break;
    inner = alteration?.of ?? source.inputs[0];
  }
  const sumAxis = sumAxisOf(source);
  const { name, outputStep } = source.operation;
  const link = sumAxis !== undefined ? SUM : outputStep?.kind === "links" ? outputStep : undefined;
  const logs = steps.filter(({ effect }) => effect === "logarithm").length;
  if (!link || logs > 1 || (logs === 1 && !(link.normalises && link.gives === "probabilities"))) return undefined;
  const ofLogarithm = steps.length === 1 && logs === 1 ? link.logarithm : undefined;
  let axis = sumAxis ?? link.axis;
  let [logits] = source.inputs;
  for (const move of moves) {
    const step = move.operation.outputStep;
    axis = axis === undefined || step?.kind !== "moves" ? undefined : step.axis(axis, move.inputs[0].shape, move.shape);
    logits = move.graph.apply(move.operation, [logits]);
  }
  return {
    name: ofLogarithm ?? (sumAxis === undefined ? name : "a division by its own sum"),
    kind: logs === 1 ? "log-probabilities" : link.gives,
    normalises: link.normalises,
    isDivision: sumAxis !== undefined,
    axis,
    logits: sumAxis === undefined && (steps.length === 0 || ofLogarithm !== undefined) ? logits : undefined,
    behind: ofLogarithm === undefined ? namesOf(steps) : [],
    isRescaled: isRescaled(link.gives, steps),
  };
}

/** A logarithm of the numbers before it. */
interface Logarithm {
  readonly name: string;
  readonly effect: "logarithm";
}

/** Whether fixed numbers may stand for probabilities, or for their logarithms. */
function mayBe({ min, max }: { readonly min: number; readonly max: number }, isLog: boolean): boolean {
  return isLog ? max <= 0 : min >= 0 && max <= 1;
}

/** What exporters call these steps; one operation may be several. */
function namesOf(steps: readonly (OutputAlteration | Logarithm)[]): string[] {
  const names = steps.map((step) => step.name);
  return names.filter((name, i) => name !== names[i - 1]);
}

/** Whether numbers between 0 and 1, or their logarithms, may be others behind these steps: what is added to a logarithm multiplies what it is of. */
function isRescaled(kind: OutputKind, steps: readonly (OutputAlteration | Logarithm)[]): boolean {
  let isLog = kind === "log-probabilities";
  for (const step of steps) {
    if (step.effect === "logarithm") isLog = true;
    else if (step.effect === "rescales" || (step.effect === "shifts" && isLog)) return true;
    else if (step.effect === "limits" && step.numbers && !mayBe(step.numbers, isLog)) return true;
  }
  return false;
}
