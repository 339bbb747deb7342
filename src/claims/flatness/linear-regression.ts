import { dot } from "../../linalg/vector.ts";
import type { Objective } from "../../optimizers/objective.ts";

/** ½ mean (x·w − y)² of a linear model with one output. */
export function linearRegression(inputs: readonly Float64Array[], labels: ArrayLike<number>): Objective {
  const [first] = inputs;
  /** Adds up what every example says of its inputs. */
  const back = (of: (x: Float64Array, n: number) => number, into: Float64Array) => {
    into.fill(0);
    inputs.forEach((x, n) => {
      const share = of(x, n) / inputs.length;
      for (let i = 0; i < x.length; i++) into[i] += share * x[i];
    });
  };
  return {
    dimension: first.length,
    value: (w) => inputs.reduce((sum, x, n) => sum + (dot(x, w) - labels[n]) ** 2, 0) / (2 * inputs.length),
    gradient: (w, into) => back((x, n) => dot(x, w) - labels[n], into),
    hessianVector: (_w, v, into) => back((x) => dot(x, v), into),
    gaussNewtonVector: (_w, v, into) => back((x) => dot(x, v), into),
  };
}
