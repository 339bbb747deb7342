import { tensorOf } from "../graph/leaf.ts";
import type { Value } from "../graph/value.ts";
import type { Tensor } from "../util/tensor.ts";

/** What an operation does to the numbers of its one variable input, element by element. */
export interface OutputAlteration {
  /** As an exporter calls it: Clip, Add, Mul. */
  readonly name: string;
  /** The values that are changed. */
  readonly of: Value;
  /** "limits" where it gives a fixed number in place of some; "shifts" where it adds a small one; "rescales" otherwise. */
  readonly effect: "limits" | "shifts" | "rescales";
  /** The least and the greatest of the fixed numbers; none where it is a change of sign. */
  readonly numbers?: { readonly min: number; readonly max: number };
}

/** The largest number that is added to keep a logarithm finite, or to smooth a distribution. */
const SMALL = 0.1;

/**
 * How a value differs from one that it is made of by fixed numbers alone: a choice between it and a fixed
 * number (Clip), a fixed number that is added, or a multiple. Undefined for everything else.
 *
 * @example
 * alterationOf(minimum(maximum(p, 1e-7), 1)); // { name: "Clip", of: maximum(p, 1e-7), effect: "limits" }
 */
export function alterationOf(value: Value): OutputAlteration | undefined {
  const { operation, inputs } = value;
  const [a, b] = operation.name === "Where" ? inputs.slice(1) : inputs;
  if (operation.name === "Neg") return { name: "Neg", of: a, effect: "rescales" };
  // What a larger or smaller of two values gives where they are equal is made of the same value.
  if (operation.name === "Where" && (isMadeOf(b, a) || isMadeOf(a, b)))
    return { name: "Clip", of: isMadeOf(b, a) ? a : b, effect: "limits", numbers: { min: 0, max: 0 } };
  const fixed = b === undefined ? undefined : (fixedNumbers(b) ?? fixedNumbers(a));
  if (!fixed || value.shape.join() !== (fixedNumbers(b) ? a : b).shape.join()) return undefined;
  const of = fixedNumbers(b) ? a : b;
  switch (operation.name) {
    case "Where":
      return { name: "Clip", of, effect: "limits", numbers: rangeOf(fixed) };
    case "Add":
    case "Sub": {
      const isSmall = of === a || operation.name === "Add" ? fixed.data.every((x) => Math.abs(x) <= SMALL) : false;
      return { name: operation.name, of, effect: isSmall ? "shifts" : "rescales" };
    }
    case "Mul":
      return { name: "Mul", of, effect: "rescales" };
    case "Div":
      return of === a ? { name: "Div", of, effect: "rescales" } : undefined;
    default:
      return undefined;
  }
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

/** The numbers of a constant, through changes of shape. */
function fixedNumbers(value: Value): Tensor | undefined {
  const { name } = value.operation;
  return name === "Expand" || name === "Reshape" || name === "Cast" ? fixedNumbers(value.inputs[0]) : tensorOf(value);
}

/**
 * The axis along which a value is divided by its own sum, which may be kept from 0 by a limit or a small
 * number; undefined for everything else.
 */
export function sumAxisOf(value: Value): number | undefined {
  if (value.operation.name !== "Div") return undefined;
  const [x, divisor] = value.inputs;
  let sum = divisor;
  for (;;) {
    const alteration = alterationOf(sum);
    if (alteration && alteration.effect !== "rescales") sum = alteration.of;
    else if (sum.operation.name === "Reshape" || sum.operation.name === "Expand") [sum] = sum.inputs;
    else break;
  }
  if (sum.operation.name !== "ReduceSum" || sum.inputs[0] !== x) return undefined;
  const { axes } = sum.operation.attributes;
  const isKept = sum.shape.length === x.shape.length || divisor.shape.length === x.shape.length;
  return isKept && Array.isArray(axes) && axes.length === 1 && typeof axes[0] === "number" ? axes[0] : undefined;
}
