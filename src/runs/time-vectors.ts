import { orthogonalize } from "../linalg/multi-vector.ts";
import { plusMultiple } from "../linalg/vector.ts";
import { VectorBasis } from "../linalg/vector-basis.ts";
import type { Problem } from "../problem/problem.ts";
import type { WorkKind } from "../problem/work.ts";

/** Vectors of the basis that projections are timed with, and sums that are timed; their longest part: beyond it, time is in proportion. */
const COUNT = 16;
const LONGEST = 2 ** 20;

/** Part by which weights are moved. */
const SMALL = 2 ** -20;

/** What is done with vectors of all parameters in this process, and how many of it at once. No program is made for it. */
export interface OnVectors {
  readonly once: () => Promise<number>;
  /** The part of all parameters that it is done on. */
  readonly share: number;
}

/** @param finest the same problem in its finest arithmetic */
export function onVectors(problem: Problem, finest: Problem): Partial<Record<WorkKind, OnVectors>> {
  const { dimension, precision, parameters } = problem.point;
  const vector = parameters.slice(0, LONGEST);
  const share = dimension === 0 ? 1 : vector.length / dimension;
  const moving = (opened: Problem): OnVectors => ({
    share: 1,
    once: async () => {
      const home = opened.point.parameters;
      await opened.at(plusMultiple(home, SMALL, home))[Symbol.asyncDispose]();
      return 1;
    },
  });
  let basis: VectorBasis | undefined;
  return {
    points: moving(problem),
    widePoints: moving(finest),
    projections: {
      share,
      once: () => {
        basis ??= zeros(vector.length, precision);
        orthogonalize(basis, vector);
        return Promise.resolve(basis.length);
      },
    },
    vectors: {
      share,
      once: () => {
        for (let i = 0; i < COUNT; i++) plusMultiple(vector, SMALL, vector);
        return Promise.resolve(COUNT);
      },
    },
  };
}

/** A basis of zeros: nothing is taken off, and one pass is enough, as mostly in a Krylov space. */
function zeros(dimension: number, precision: Problem["point"]["precision"]): VectorBasis {
  const basis = new VectorBasis(dimension, precision);
  const zero = new Float64Array(dimension);
  for (let i = 0; i < COUNT; i++) basis.push(zero);
  return basis;
}
