import type { Objective } from "../../optimizers/objective.ts";
import { maxOf } from "../../util/extremes.ts";

/** A last layer without biases and the features that it is given, which may be anything: C classes of n examples in d dimensions. */
export interface FreeFeatures {
  readonly classes: number;
  readonly examples: number;
  readonly dimensions: number;
  /** λ of ½λ(‖W‖² + ‖H‖²). */
  readonly decay: number;
}

/** Rows of W, then rows of H, class by class, in one vector. */
export function rowsOf({ dimensions }: FreeFeatures, x: Float64Array): Float64Array[] {
  return Array.from({ length: x.length / dimensions }, (_, i) => x.subarray(i * dimensions, (i + 1) * dimensions));
}

/** Mean cross-entropy of WH with weight decay on both (Mixon, Parshall & Pi 2020; Zhu et al. 2021). It has no products. */
export function freeFeatures(setting: FreeFeatures): Objective {
  const { classes, examples, dimensions, decay } = setting;
  const count = classes * examples;
  /** Loss of an example, with the softmax of its logits less its label. */
  const example = (rows: readonly Float64Array[], i: number) => {
    const feature = rows[classes + i];
    const label = Math.floor(i / examples);
    const logits = rows.slice(0, classes).map((weights) => {
      let sum = 0;
      for (let k = 0; k < dimensions; k++) sum += weights[k] * feature[k];
      return sum;
    });
    const most = maxOf(logits);
    const shares = logits.map((each) => Math.exp(each - most));
    const total = shares.reduce((sum, each) => sum + each, 0);
    return {
      loss: Math.log(total) + most - logits[label],
      errors: shares.map((each, c) => each / total - Number(c === label)),
    };
  };
  return {
    dimension: (classes + count) * dimensions,
    value(x) {
      const rows = rowsOf(setting, x);
      let sum = 0;
      for (let i = 0; i < count; i++) sum += example(rows, i).loss / count;
      return x.reduce((all, each) => all + (decay / 2) * each * each, sum);
    },
    gradient(x, into) {
      const rows = rowsOf(setting, x);
      for (let k = 0; k < x.length; k++) into[k] = decay * x[k];
      const slopes = rowsOf(setting, into);
      for (let i = 0; i < count; i++)
        example(rows, i).errors.forEach((error, c) => {
          for (let k = 0; k < dimensions; k++) {
            slopes[c][k] += (error * rows[classes + i][k]) / count;
            slopes[classes + i][k] += (error * rows[c][k]) / count;
          }
        });
    },
    hessianVector() {
      throw new Error("nobody asks for products of the features' Hessian");
    },
  };
}
