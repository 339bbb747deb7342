import { dot } from "../../linalg/vector.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";

/** Numbers of inputs, hidden units and outputs. */
export interface Widths {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
}

/** A network y = W₂ max(0, W₁x) on examples, its loss ½ mean ‖y − labels‖². Weights are W₁ and behind it W₂, row by row. */
export interface RectifiedNetwork extends Objective {
  /** Where W₂ begins. */
  readonly split: number;
  /** Of every example, one after the other. */
  outputs(at: Float64Array): Float64Array;
  gaussNewtonVector(at: Float64Array, v: Float64Array, into: Float64Array): void;
}

/** Normal inputs. */
export function inputsOf(examples: number, { inputs }: Widths, random: RandomStream): Float64Array[] {
  return Array.from({ length: examples }, () => random.normalVector(inputs));
}

/** Normal weights, of variance 2 over the numbers that come in for W₁, 1 for W₂: what goes through keeps its size. */
export function weightsOf({ inputs, hidden, outputs }: Widths, random: RandomStream): Float64Array {
  const first = random.normalVector(hidden * inputs).map((x) => x * Math.sqrt(2 / inputs));
  const second = random.normalVector(outputs * hidden).map((x) => x / Math.sqrt(hidden));
  return Float64Array.from([...first, ...second]);
}

/**
 * The network with its derivatives, written out.
 *
 * @param labels of every example, one after the other
 */
export function rectifiedNetwork(
  { inputs, hidden, outputs }: Widths,
  examples: readonly Float64Array[],
  labels: Float64Array,
): RectifiedNetwork {
  const split = hidden * inputs;
  /** What one example makes of the hidden layer: 0 where a unit is off. */
  const pass = (at: Float64Array, x: Float64Array) =>
    Float64Array.from({ length: hidden }, (_, k) => Math.max(0, dot(at.subarray(k * inputs, (k + 1) * inputs), x)));
  const second = (at: Float64Array, h: Float64Array) =>
    Float64Array.from({ length: outputs }, (_, i) => dot(at.subarray(split + i * hidden, split + (i + 1) * hidden), h));
  /** W₁x of other weights where the units of these are on. */
  const masked = (v: Float64Array, x: Float64Array, h: Float64Array) =>
    h.map((on, k) => (on > 0 ? dot(v.subarray(k * inputs, (k + 1) * inputs), x) : 0));
  const errorOf = (at: Float64Array, h: Float64Array, n: number) =>
    second(at, h).map((y, i) => y - labels[n * outputs + i]);
  /** Adds what an error makes of the slope of W₂ behind `h` and, through the second weights of `through`, of W₁. */
  const addBack = (
    error: Float64Array,
    { h, on, x, through }: Passed & { readonly h: Float64Array },
    into: Float64Array,
  ) => {
    const share = 1 / examples.length;
    for (let k = 0; k < hidden; k++) {
      let back = 0;
      for (let i = 0; i < outputs; i++) {
        into[split + i * hidden + k] += share * error[i] * h[k];
        back += error[i] * through[split + i * hidden + k];
      }
      if (on[k] > 0) for (let j = 0; j < inputs; j++) into[k * inputs + j] += share * back * x[j];
    }
  };
  const f: RectifiedNetwork = {
    dimension: split + outputs * hidden,
    split,
    outputs: (at) => Float64Array.from(examples.flatMap((x) => [...second(at, pass(at, x))])),
    value: (at) =>
      examples.reduce((sum, x, n) => sum + errorOf(at, pass(at, x), n).reduce((all, e) => all + e * e, 0), 0) /
      (2 * examples.length),
    gradient(at, into) {
      into.fill(0);
      examples.forEach((x, n) => {
        const h = pass(at, x);
        addBack(errorOf(at, h, n), { h, on: h, x, through: at }, into);
      });
    },
    gaussNewtonVector(at, v, into) {
      into.fill(0);
      for (const x of examples) {
        const h = pass(at, x);
        const change = second(at, masked(v, x, h)).map((y, i) => y + second(v, h)[i]);
        addBack(change, { h, on: h, x, through: at }, into);
      }
    },
    hessianVector(at, v, into) {
      f.gaussNewtonVector(at, v, into);
      examples.forEach((x, n) => {
        const h = pass(at, x);
        addBack(errorOf(at, h, n), { h: masked(v, x, h), on: h, x, through: v }, into);
      });
    },
  };
  return f;
}

/** An example on its way back. */
interface Passed {
  /** Above 0 where a unit is on. */
  readonly on: Float64Array;
  readonly x: Float64Array;
  /** Whose second weights the error goes through. */
  readonly through: Float64Array;
}
