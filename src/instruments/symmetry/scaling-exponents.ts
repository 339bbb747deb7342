import { tensorOf } from "../../graph/leaf.ts";
import { NEGLIGIBLE, NONE, type Regime, type ScalingRule } from "../../graph/scaling.ts";
import { reachable } from "../../graph/traverse.ts";
import type { Value } from "../../graph/value.ts";
import { dot, norm2, plusMultiple } from "../../linalg/vector.ts";
import { fileNameOf } from "../../problem/file-names.ts";

/** An exponent for each parameter tensor by name; tensors that are not named have 0. */
export type Exponents = ReadonlyMap<string, number>;

/** A linear form in the unknown exponents of the parameters, or "any" for a value that is zero. */
type Form = Float64Array | "any";

const TINY = 1e-6;

/** A small number that is added to a variance or the like: it may break a symmetry only slightly, and verification decides. */
function isNegligible(value: Value): boolean {
  const constant = tensorOf(value);
  return constant?.data.length === 1 && Math.abs(constant.data[0]) <= NEGLIGIBLE;
}

/**
 * The branch of a choice that is only there to keep a division or a slope finite: taken where something is below a
 * tiny positive number (`x / max(‖x‖, 1e-12)`). Verification decides.
 */
function deadBranch({ inputs: [condition] }: Value): number | undefined {
  if (!condition.operation.below) return undefined;
  const bound = tensorOf(condition.inputs[1]);
  const isTiny = bound?.data.length === 1 && bound.data[0] > 0 && bound.data[0] <= TINY;
  return isTiny ? 1 : undefined;
}

/**
 * The ways to multiply parameter tensors by powers α^d of one number so that the outputs stay as they
 * are. Every value of the graph gets a linear form in the unknown exponents; sums and comparisons
 * demand equal forms, functions that are not homogeneous demand 0, and so do the outputs. What solves
 * all these equations is a symmetry (Dinh et al. 2017 for consecutive layers; here any graph, so also
 * attention's queries and keys, or weights in front of a normalisation).
 *
 * @param ofSizes whether also through what measures and removes sizes, which an ε may break
 * @returns a basis of integer exponents with small support: layers with the ones that read them, then what a
 * normalisation adds
 */
export function scalingExponents(
  outputs: readonly Value[],
  parameters: readonly Value[],
  regime: Regime,
  ofSizes = false,
): Exponents[] {
  const names = parameters.map((parameter) => fileNameOf(parameter) ?? "");
  const basis = solutions(outputs, parameters, regime, false);
  for (const vector of ofSizes && reachable(outputs).some(({ operation }) => operation.ofSize)
    ? solutions(outputs, parameters, regime, true)
    : [])
    if (isIndependent(basis, vector)) basis.push(vector);
  return basis.map(
    (vector) => new Map(names.flatMap((name, i) => (vector[i] === 0 ? [] : [[name, vector[i]] as const]))),
  );
}

/** Whether a vector is no combination of others, by orthogonalisation. */
function isIndependent(others: readonly Float64Array[], vector: Float64Array): boolean {
  const orthogonal: Float64Array[] = [];
  let left = vector;
  for (const each of [...others, vector]) {
    left = Float64Array.from(each);
    for (const direction of orthogonal) {
      const along = dot(left, direction) / dot(direction, direction);
      left = plusMultiple(left, -along, direction);
    }
    if (norm2(left) > 1e-9) orthogonal.push(left);
  }
  return norm2(left) > 1e-9;
}

/** A basis of the exponents that the graph allows; with `ofSizes` also through what measures and removes sizes. */
function solutions(
  outputs: readonly Value[],
  parameters: readonly Value[],
  regime: Regime,
  ofSizes: boolean,
): Float64Array[] {
  const unknowns = parameters.length;
  const equations: Float64Array[] = [];
  const zero = new Float64Array(unknowns);
  const forms = new Map<Value, Form>();
  const demandEqual = (a: Form, b: Form): Form => {
    if (a === "any") return b;
    if (b === "any") return a;
    const difference = a.map((x, i) => x - b[i]);
    if (difference.some((x) => x !== 0)) equations.push(difference);
    return a;
  };
  const combine = (a: Form, b: Form, sign: number): Form => {
    if (a === "any" || b === "any") return "any";
    return plusMultiple(a, sign, b);
  };

  for (const value of reachable(outputs)) {
    const place = parameters.indexOf(value);
    if (place >= 0) {
      forms.set(
        value,
        zero.map((_, i) => (i === place ? 1 : 0)),
      );
      continue;
    }
    const constant = tensorOf(value);
    if (constant) {
      const free = regime === "exchange" || constant.data.every((x) => x === 0);
      forms.set(value, free ? "any" : zero);
      continue;
    }
    const { operation } = value;
    const passes = value.inputs.length > 0 && (ofSizes || !operation.ofSize);
    const rule = (passes ? operation.scaling?.(value, regime) : undefined) ?? NONE;
    const mayBeSmall = rule.kind === "same" || rule.kind === "compare";
    const dead = rule.kind === "select" ? deadBranch(value) : undefined;
    const inputs = value.inputs.map((input, i) =>
      i === dead || (mayBeSmall && isNegligible(input)) ? "any" : (forms.get(input) ?? zero),
    );
    forms.set(value, formOf(rule, inputs));
  }

  function formOf(rule: ScalingRule, inputs: readonly Form[]): Form {
    const still = (form: Form) => void demandEqual(form, zero);
    switch (rule.kind) {
      case "none":
        inputs.forEach(still);
        return zero;
      case "same":
        return inputs.reduce(demandEqual, "any");
      case "sum": {
        // A product of any kind with the constant 0 or, between units, with a constant, scales like its other factor.
        const known = inputs.filter((form) => form !== "any");
        if (known.length < inputs.length) return regime === "exchange" ? (known[0] ?? "any") : "any";
        return inputs.reduce((a, b) => combine(a, b, 1));
      }
      case "difference":
        return inputs[1] === "any" ? inputs[0] : combine(inputs[0], inputs[1], -1);
      case "scaled": {
        const { factor } = rule;
        const [form] = inputs;
        return form === "any" ? form : form.map((x) => factor * x);
      }
      case "first":
        inputs.slice(1).forEach(still);
        return inputs[0];
      case "second":
        return inputs[1];
      case "select":
        still(inputs[0]);
        return inputs.slice(1).reduce(demandEqual, "any");
      case "compare":
        inputs.reduce(demandEqual, "any");
        return zero;
    }
  }

  for (const output of outputs) demandEqual(forms.get(output) ?? zero, zero);
  return sparsify(nullSpace(equations, unknowns));
}

/** A basis of {x : Ax = 0} by Gauss–Jordan elimination; entries are small rationals. */
export function nullSpace(equations: readonly Float64Array[], unknowns: number): Float64Array[] {
  const rows = equations.map((row) => Float64Array.from(row));
  const pivots: number[] = [];
  for (let column = unknowns - 1; column >= 0; column--) {
    const at = rows.findIndex((row, i) => i >= pivots.length && Math.abs(row[column]) > 1e-9);
    if (at < 0) continue;
    const rank = pivots.length;
    [rows[rank], rows[at]] = [rows[at], rows[rank]];
    const pivot = rows[rank][column];
    const row = rows[rank].map((x) => x / pivot);
    rows[rank] = row;
    rows.forEach((other, i) => {
      const factor = other[column];
      if (i !== rank && factor !== 0) for (let j = 0; j < unknowns; j++) other[j] -= factor * row[j];
    });
    pivots.push(column);
  }
  const free = Array.from({ length: unknowns }, (_, j) => j).filter((j) => !pivots.includes(j));
  return free.map((j) => {
    const vector = new Float64Array(unknowns);
    vector[j] = 1;
    pivots.forEach((column, rank) => (vector[column] = -rows[rank][j]));
    const round = vector.map((x) => Math.round(x * 12) / 12);
    return round;
  });
}

/**
 * Adds and subtracts basis vectors while that makes one of them touch fewer tensors, or as many with exponents that
 * cancel more: what a layer makes and the next one reads is a scaling of its units.
 */
function sparsify(basis: readonly Float64Array[]): Float64Array[] {
  const vectors = basis.map((vector) => Float64Array.from(vector));
  const size = (vector: Float64Array) => {
    const support = vector.reduce((sum, x) => sum + (x === 0 ? 0 : 1), 0);
    const excess = Math.abs(vector.reduce((sum, x) => sum + x, 0));
    return support + excess / (1 + excess);
  };
  for (let improved = true; improved;) {
    improved = false;
    for (const [i, a] of vectors.entries()) {
      for (const [j, b] of vectors.entries()) {
        if (i === j) continue;
        for (const sign of [1, -1]) {
          const sum = plusMultiple(a, sign, b);
          if (size(sum) >= size(vectors[i])) continue;
          vectors[i] = sum;
          improved = true;
        }
        if (improved) break;
      }
      if (improved) break;
    }
  }
  return vectors.map((vector) => {
    const lead = vector.find((x) => x !== 0) ?? 1;
    return lead < 0 ? vector.map((x) => (x === 0 ? 0 : -x)) : vector;
  });
}
