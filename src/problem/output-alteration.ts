import { tensorOf } from "../graph/leaf.ts";
import type { Effect } from "../graph/output-step.ts";
import type { Value } from "../graph/value.ts";
import type { Tensor } from "../util/tensor.ts";

/** What an operation does to the numbers of its one variable input, element by element. */
export interface OutputAlteration {
  /** As an exporter calls it: Clip, Add, Mul. */
  readonly name: string;
  /** The values that are changed. */
  readonly of: Value;
  /** "limits" where it gives a fixed number in place of some; "shifts" where it adds a small one; "rescales" otherwise. */
  readonly effect: Effect;
  /** The least and the greatest of the fixed numbers; none where it is a change of sign. */
  readonly numbers?: { readonly min: number; readonly max: number };
}

/**
 * How a value differs from one that it is made of by fixed numbers alone: a choice between it and a fixed
 * number (Clip), a fixed number that is added, or a multiple. Undefined for everything else.
 *
 * @example
 * alterationOf(minimum(maximum(p, 1e-7), 1)); // { name: "Clip", of: maximum(p, 1e-7), effect: "limits" }
 */
export function alterationOf(value: Value): OutputAlteration | undefined {
  const { operation, inputs, shape } = value;
  const step = operation.outputStep;
  if (step?.kind === "negates") return { name: operation.name, of: inputs[0], effect: "rescales" };
  if (step?.kind !== "combines") return undefined;
  const { operands, called: name = operation.name } = step;
  const [a, b] = operands.map((each) => inputs[each]);
  // What a larger or smaller of two values gives where they are equal is made of the same value.
  if (step.chooses && (isMadeOf(b, a) || isMadeOf(a, b)))
    return { name, of: isMadeOf(b, a) ? a : b, effect: "limits", numbers: { min: 0, max: 0 } };
  const behind = fixedNumbers(b);
  const fixed = behind ?? fixedNumbers(a);
  const of = behind ? a : b;
  if (!fixed || shape.join() !== of.shape.join()) return undefined;
  const effect = step.effect(fixed, behind ? 0 : 1);
  return effect && { name, of, effect, ...(effect === "limits" && { numbers: rangeOf(fixed) }) };
}

function rangeOf({ data }: Tensor): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity];
  for (const x of data) [min, max] = [Math.min(min, x), Math.max(max, x)];
  return { min, max };
}

/** Whether a value is another, changed by fixed numbers alone. */
function isMadeOf(value: Value, other: Value): boolean {
  if (value === other) return true;
  const alteration = value.id > other.id ? alterationOf(value) : undefined;
  return alteration !== undefined && isMadeOf(alteration.of, other);
}

/** The numbers of a constant, wherever they were moved and however often they stand. */
function fixedNumbers(value: Value): Tensor | undefined {
  const kind = value.operation.outputStep?.kind;
  return kind === "moves" || kind === "repeats" ? fixedNumbers(value.inputs[0]) : tensorOf(value);
}

/**
 * The axis along which a value is divided by its own sum, which may be kept from 0 by a limit or a small
 * number; undefined for everything else.
 */
export function sumAxisOf(value: Value): number | undefined {
  const step = value.operation.outputStep;
  if (step?.kind !== "combines" || !step.divides) return undefined;
  const [x, divisor] = value.inputs;
  let sum = divisor;
  for (;;) {
    const alteration = alterationOf(sum);
    if (alteration && alteration.effect !== "rescales") sum = alteration.of;
    else if (sum.operation.view) [sum] = sum.inputs;
    else break;
  }
  const summing = sum.operation.outputStep;
  if (summing?.kind !== "sums" || sum.inputs[0] !== x || summing.axes.length !== 1) return undefined;
  const isKept = sum.shape.length === x.shape.length || divisor.shape.length === x.shape.length;
  return isKept ? summing.axes[0] : undefined;
}
