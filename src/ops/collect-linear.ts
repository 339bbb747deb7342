import { emptyGraphFor, inspected } from "../graph/inspected.ts";
import { requireType } from "../graph/require-type.ts";
import { dependents, reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { Add, add, Div, Mul, mul, Neg, neg, reciprocal, Sub, sub } from "./arithmetic.ts";
import { broadcastTo } from "./elementwise.ts";
import { Expand } from "./structure.ts";

/** Σ cᵢ·aᵢ: each varying value aᵢ with its fixed coefficient, a value or a number. */
type LinearForm = ReadonlyMap<Value, Value | number>;

/** Longer forms are written out once and then count as one value. */
const LONGEST_FORM = 4;

/**
 * A product with a vector is linear in it, so between matrix products every value is Σ cᵢ·aᵢ with
 * coefficients that do not depend on the vector. Rewrites the outputs so that the coefficients are
 * computed first and each value costs one pass per term: d/dt of x·Φ(x) is (Φ + x·φ)·ẋ, one product.
 * Returns the outputs in a new graph, and the varying inputs there.
 */
export function collectLinear(
  outputs: readonly Value[],
  varying: readonly Value[],
): { outputs: Value[]; varying: Value[] } {
  const order = reachable([...outputs, ...varying]);
  const dependent = dependents(order, varying);
  const needed = neededWhole(order, outputs, dependent);
  const graph = emptyGraphFor(outputs);
  const written = new Map<Value, Value>();
  const forms = new Map<Value, LinearForm>();

  const whole = (value: Value): Value => {
    const known = written.get(value);
    if (known) return known;
    const form = forms.get(value);
    if (!form) throw new RangeError("a value is written after its inputs");
    const result = requireType("Collecting a linear form", broadcastTo(writeOut(form), value.shape), value);
    written.set(value, result);
    return result;
  };
  /** What a value contributes to the form of another: its terms, or itself where it is written out anyway. */
  const termsOf = (value: Value): LinearForm => {
    const form = forms.get(value);
    if (form && (form.size === 1 || (form.size <= LONGEST_FORM && !needed.has(value)))) return form;
    return new Map([[whole(value), 1]]);
  };

  for (const value of order) {
    const form = dependent.has(value) ? linearForm(value, dependent, whole, termsOf) : undefined;
    if (form) forms.set(value, form);
    else written.set(value, graph.apply(value.operation, value.inputs.map(whole)));
  }
  return { outputs: inspected("collect linear", outputs.map(whole)), varying: varying.map(whole) };
}

/** The values that something other than elementwise linear arithmetic reads. */
function neededWhole(order: readonly Value[], outputs: readonly Value[], dependent: ReadonlySet<Value>): Set<Value> {
  const needed = new Set<Value>(outputs);
  for (const value of order) {
    if (dependent.has(value) && isLinear(value, dependent)) continue;
    for (const input of value.inputs) needed.add(input);
  }
  return needed;
}

function isLinear(value: Value, dependent: ReadonlySet<Value>): boolean {
  const [x, y] = value.inputs;
  switch (value.operation.name) {
    case Neg.name:
    case Expand.name:
      return true;
    case Add.name:
    case Sub.name:
      return dependent.has(x) && dependent.has(y);
    case Mul.name:
      return dependent.has(x) !== dependent.has(y);
    case Div.name:
      return dependent.has(x) && !dependent.has(y);
    default:
      return false;
  }
}

function linearForm(
  value: Value,
  dependent: ReadonlySet<Value>,
  whole: (value: Value) => Value,
  termsOf: (value: Value) => LinearForm,
): LinearForm | undefined {
  if (!isLinear(value, dependent)) return undefined;
  const [x, y] = value.inputs;
  /** A factor goes into terms that have one already; c·(a + b) as c·a + c·b would only cost a pass more. */
  const factorable = (input: Value): LinearForm => {
    const form = termsOf(input);
    const free = form.size === 1 || [...form.values()].every((coefficient) => typeof coefficient !== "number");
    return free ? form : new Map([[whole(input), 1]]);
  };
  switch (value.operation.name) {
    case Neg.name:
      return scale(termsOf(x), -1);
    case Expand.name:
      return termsOf(x);
    case Add.name:
      return sum(termsOf(x), termsOf(y));
    case Sub.name:
      return sum(termsOf(x), scale(termsOf(y), -1));
    case Mul.name:
      return dependent.has(x) ? scale(factorable(x), whole(y)) : scale(factorable(y), whole(x));
    default:
      return scale(factorable(x), reciprocal(whole(y)));
  }
}

function scale(form: LinearForm, factor: Value | number): LinearForm {
  return new Map([...form].map(([term, coefficient]) => [term, times(coefficient, factor)]));
}

function times(a: Value | number, b: Value | number): Value | number {
  return typeof a === "number" && typeof b === "number" ? a * b : mul(a, b);
}

function sum(a: LinearForm, b: LinearForm): LinearForm {
  const result = new Map(a);
  for (const [term, coefficient] of b) {
    const other = result.get(term);
    if (other === undefined) result.set(term, coefficient);
    else
      result.set(
        term,
        typeof other === "number" && typeof coefficient === "number" ? other + coefficient : add(other, coefficient),
      );
  }
  return result;
}

function writeOut(form: LinearForm): Value {
  let result: Value | undefined;
  // Terms that enter with a minus come last, so that they are subtracted instead of negated.
  const terms = [...form].sort(([, a], [, b]) => Number(a === -1) - Number(b === -1));
  for (const [term, coefficient] of terms) {
    if (result && coefficient === -1) result = sub(result, term);
    else {
      const part = coefficient === -1 ? neg(term) : mul(term, coefficient);
      result = result ? add(result, part) : part;
    }
  }
  if (!result) throw new RangeError("a linear form has a term");
  return result;
}
