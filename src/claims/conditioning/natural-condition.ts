import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { distance, dot } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { factored, kroneckerStep } from "../../optimizers/kronecker-step.ts";
import { naturalGradient } from "../../optimizers/natural-gradient.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { rosenbrock } from "../../toys/rosenbrock.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { stepMatrix } from "../step-matrix.ts";
import { placeAfter } from "../walks.ts";

/** Outputs and inputs of the linear layer. */
const [OUTPUTS, INPUTS] = [2, 4];
const DIMENSION = OUTPUTS * INPUTS;
const LR = 0.5;
/** Shares of the natural gradient's step of which the dependence on coordinates is looked at. */
const SHARES = [0.02, 0.01];
const FROM = Float64Array.of(-1.2, 1);

/** ½ mean ‖(W − W*)x‖², W row by row, as a sum over examples; the Gauss–Newton matrix from the Jacobian of each output. */
function regression(examples: readonly Float64Array[], best: Float64Array): Objective {
  const outputs = (w: Float64Array, x: Float64Array) =>
    Float64Array.from({ length: OUTPUTS }, (_, i) => dot(w.subarray(i * INPUTS, (i + 1) * INPUTS), x));
  const back = (of: (x: Float64Array) => Float64Array, into: Float64Array) => {
    into.fill(0);
    for (const x of examples)
      of(x).forEach((each, i) => x.forEach((xj, j) => (into[i * INPUTS + j] += (each * xj) / examples.length)));
  };
  const errors = (w: Float64Array, x: Float64Array) =>
    outputs(
      w.map((each, i) => each - best[i]),
      x,
    );
  return {
    dimension: DIMENSION,
    value: (w) =>
      examples.reduce((sum, x) => sum + errors(w, x).reduce((all, e) => all + e * e, 0), 0) / (2 * examples.length),
    gradient: (w, into) => back((x) => errors(w, x), into),
    hessianVector: (_w, v, into) => back((x) => outputs(v, x), into),
    gaussNewtonVector: (_w, v, into) => back((x) => outputs(v, x), into),
  };
}

export const naturalCondition = defineClaim({
  id: "D10",
  topic: "conditioning",
  statement: "The natural gradient makes the condition number 1; K-FAC does it layer by layer.",
  says: "law",
  law: "of a linear model with normal errors F = I ⊗ Σₓ = H, so that one step ends at the optimum; K-FAC is exact for one linear layer; a step of share η does not know which parameters are used, up to O(η²)",
  rival:
    "it is a step along the gradient of another length: κ is that of Σₓ, and what it does depends on the parameters to first order in η",
  source: "Amari 1998; Martens & Grosse 2015",
  why: "Distances between distributions do not know how parameters are scaled; the Fisher information measures them.",
  means:
    "On a linear model curvature is no obstacle; beyond it the gain is as good as F for H, and as the factors for F.",
  breaks:
    "Away from the optimum of a nonlinear model H ≠ F, and steps need damping; between layers K-FAC sees nothing.",
  reading: ["Amari, Neural Comput. 10, 251 (1998)", "Martens & Grosse, ICML (2015)", "Martens, JMLR 21, 146 (2020)"],
  parameters: z.object({ examples: scaled(200, 20, "examples") }),
  found: z.object({
    left: z.number(),
    condition: z.number(),
    plain: z.number(),
    kronecker: z.number(),
    order: z.number(),
    offs: z.array(z.number()),
  }),
  measure({ examples }, _part, { random }) {
    const best = random.normalVector(DIMENSION);
    const inputs = inputsOf(examples, random);
    const from = random.normalVector(DIMENSION);
    const on = regression(inputs, best);
    const by = naturalGradient.with({ tolerance: 1e-14 });
    const atZero = regression(inputs, new Float64Array(DIMENSION));
    const condition = (of: Float64Array) => {
      const { values } = symmetricEigen(of, DIMENSION, false);
      return values[DIMENSION - 1] / values[0];
    };
    const natural = naturalGradient.with({ share: LR, tolerance: 1e-14 });
    const offs = SHARES.map(offInResiduals);
    return {
      left: distance(placeAfter({ on, by, from }, 1), best),
      condition: condition(stepMatrix(atZero, natural, LR)),
      plain: condition(stepMatrix(atZero, gradientDescent.with({ lr: LR }), LR)),
      kronecker: distance(kroneckerPlace(on, inputs, from), best),
      order: Math.log(offs[0] / offs[1]) / Math.log(SHARES[0] / SHARES[1]),
      offs,
    };
  },
  conclude([{ left, condition, plain, kronecker, order }]) {
    return {
      evidence: [
        weigh({
          name: `κ of a step of the natural gradient, ${OUTPUTS} × ${INPUTS} linear layer`,
          measured: condition,
          law: equals(1),
          rival: equals(plain),
          allowed: 1e-10,
        }),
        weigh({ name: "distance from the optimum after one step", measured: left, law: atMost(1e-10) }),
        weigh({ name: "the same after one step by Kronecker factors", measured: kronecker, law: atMost(1e-10) }),
        weigh({
          name: `order in η of what other coordinates change, on Rosenbrock’s function from η = ${SHARES[1]} to ${SHARES[0]}`,
          measured: order,
          law: equals(2),
          rival: equals(1),
          allowed: 0.01,
        }),
      ],
      picture: null,
    };
  },
});

/** Inputs whose coordinates are correlated and of different sizes. */
function inputsOf(examples: number, random: RandomStream): Float64Array[] {
  return Array.from({ length: examples }, () => {
    const shared = random.normal();
    return random.normalVector(INPUTS).map((x, j) => 2 ** j * (x + shared));
  });
}

/** Where one step of K-FAC without damping ends, with the factors Σₓ and I. */
function kroneckerPlace(on: Objective, inputs: readonly Float64Array[], from: Float64Array): Float64Array {
  const layer = factored({
    places: Int32Array.from({ length: DIMENSION }, (_, i) => i),
    rows: OUTPUTS,
    columns: INPUTS,
    outputs: Float64Array.from({ length: OUTPUTS * OUTPUTS }, (_, i) => Number(i % (OUTPUTS + 1) === 0)),
    inputs: Float64Array.from(
      { length: INPUTS * INPUTS },
      (_, i) => inputs.reduce((sum, x) => sum + x[Math.floor(i / INPUTS)] * x[i % INPUTS], 0) / inputs.length,
    ),
  });
  const gradient = new Float64Array(DIMENSION);
  on.gradient(from, gradient);
  const step = new Float64Array(DIMENSION);
  kroneckerStep(layer, gradient, 0, step);
  return from.map((x, i) => x + step[i]);
}

/**
 * How far a step on Rosenbrock's function in (x, y) ends from one in the coordinates of its residuals, r = (1 − x, y − x²), where
 * the natural gradient is r ← (1 − η)r.
 */
function offInResiduals(share: number): number {
  const [x, y] = placeAfter({ on: rosenbrock.with({ n: 2 }), by: naturalGradient.with({ share }), from: FROM }, 1);
  const [a, b] = FROM;
  return Math.hypot(1 - x - (1 - share) * (1 - a), y - x * x - (1 - share) * (b - a * a));
}
