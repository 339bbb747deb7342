import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";

/** The function with normal noise of that deviation on every coordinate of its gradient, drawn anew each time. */
export function withNoisyGradient<F extends Objective>(f: F, deviation: number, random: RandomStream): F {
  if (deviation === 0) return f;
  return {
    ...f,
    gradient(x, into) {
      f.gradient(x, into);
      for (let i = 0; i < into.length; i++) into[i] += deviation * random.normal();
    },
  };
}
