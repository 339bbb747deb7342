import type { Objective } from "../../optimizers/objective.ts";

/**
 * ½(v₁w₁ + v₂w₂ − p)² at (v₁, w₁, v₂, w₂): the mean squared error, halved, of a linear network with one input of E x² = 1 and
 * two hidden units.
 */
export function twoLinearUnits(p: number): Objective {
  const off = ([v1, w1, v2, w2]: Float64Array) => v1 * w1 + v2 * w2 - p;
  /** Each weight's partner in the product. */
  const partner = [1, 0, 3, 2];
  return {
    dimension: 4,
    value: (at) => off(at) ** 2 / 2,
    gradient(at, into) {
      const error = off(at);
      partner.forEach((other, i) => (into[i] = error * at[other]));
    },
    hessianVector(at, v, into) {
      const error = off(at);
      const slope = partner.reduce((sum, other, i) => sum + at[other] * v[i], 0);
      partner.forEach((other, i) => (into[i] = at[other] * slope + error * v[other]));
    },
  };
}

/** The same with the penalty Σ μᵢ(vᵢ² + wᵢ²): its value alone. */
export function withDecay(p: number, [first, second]: readonly [number, number]): Pick<Objective, "value"> {
  const { value } = twoLinearUnits(p);
  return {
    value: (at) => {
      const [v1, w1, v2, w2] = at;
      return value(at) + first * (v1 * v1 + w1 * w1) + second * (v2 * v2 + w2 * w2);
    },
  };
}

/** Mean of ½(v₁ tanh(w₁x + b₁) + v₂ tanh(w₂x + b₂) − y)² at (v₁, w₁, b₁, v₂, w₂, b₂): its value and its gradient. */
export function twoTanhUnits(inputs: readonly number[], labels: readonly number[]): Objective {
  const outputs = ([v1, w1, b1, v2, w2, b2]: Float64Array, x: number) => {
    const [first, second] = [Math.tanh(w1 * x + b1), Math.tanh(w2 * x + b2)];
    return { first, second, output: v1 * first + v2 * second };
  };
  return {
    dimension: 6,
    value: (at) =>
      inputs.reduce((sum, x, i) => sum + (outputs(at, x).output - labels[i]) ** 2, 0) / (2 * inputs.length),
    gradient(at, into) {
      into.fill(0);
      inputs.forEach((x, i) => {
        const { first, second, output } = outputs(at, x);
        const error = (output - labels[i]) / inputs.length;
        [first, second].forEach((hidden, unit) => {
          const back = error * at[3 * unit] * (1 - hidden * hidden);
          into[3 * unit] += error * hidden;
          into[3 * unit + 1] += back * x;
          into[3 * unit + 2] += back;
        });
      });
    },
    hessianVector: () => {
      throw new Error("no walk asks for it");
    },
  };
}
