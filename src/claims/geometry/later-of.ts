import type { LaterObjective, Objective } from "../../optimizers/objective.ts";

/** A function that answers at once, asked as a network is. */
export function laterOf(on: Objective): LaterObjective {
  const into = (write: (into: Float64Array) => void) => {
    const found = new Float64Array(on.dimension);
    write(found);
    return Promise.resolve(found);
  };
  return {
    value: (x) => Promise.resolve(on.value(x)),
    gradient: (x) => into((found) => on.gradient(x, found)),
    hessianVector: (x, v) => into((found) => on.hessianVector(x, v, found)),
    gaussNewtonVector: () => Promise.reject(new Error("no claim on geometry asks for it")),
  };
}
