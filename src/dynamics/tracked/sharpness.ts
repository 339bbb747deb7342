import { KrylovSpace } from "../../estimators/krylov-space.ts";
import { startNear } from "../../estimators/start-near.ts";
import type { LinearOperator } from "../../operators/linear-operator.ts";
import { productOperator } from "../../operators/problem-operators.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { throwIfInterrupted } from "../../util/run-context.ts";
import type { Tracked, TrackedPoint } from "./tracked.ts";
import { preconditionedOperator } from "../../operators/preconditioned-operator.ts";

/** λmax is known to this share of itself, which is less than it wanders by in a few steps. */
const TOLERANCE = 0.02;
/** Products from one measurement on, and from none. */
const MOST_PRODUCTS = { near: 10, cold: 40 } as const;

const PLAIN = "λmax of H";
const PRECONDITIONED = "λmax of D⁻¹H";

export const sharpness: Tracked = {
  name: "sharpness",
  title: "Sharpness",
  summary: "λmax of the Hessian, and of D⁻¹H where the optimiser divides by D, beside its stability limit",
  source: "Cohen 2021, Cohen 2022",
  axis: "largest curvature",
  says: "λmax by Lanczos from the eigenvector of the measurement before; within its error lies an eigenvalue, and a larger one that the start does not hold may be passed over. A weight decay that is part of the gradient counts as part of H behind D.",
  isOfExamples: true,
  cost: 9,
  needsFixedLoss: true,
  limits: ({ matrix }) => (matrix === "H" ? PLAIN : PRECONDITIONED),
  async measure(at) {
    const hessian = productOperator(at.point, hessianProduct, at.context);
    const plain = await largest(hessian, PLAIN, at);
    if (!at.isPreconditioned || at.preconditioner === undefined) return [plain];
    return [
      plain,
      await largest(preconditionedOperator(hessian, at.preconditioner, at.coupledDecay), PRECONDITIONED, at),
    ];
  },
};

/** The largest eigenvalue, with the residual of its pair. */
async function largest(operator: LinearOperator, series: string, { memory, random, context }: TrackedPoint) {
  const known = memory.get(series);
  const near = known === undefined ? [] : [known];
  const stream = random.split(series);
  const space = new KrylovSpace({
    operator,
    start: [startNear(stream.split("start"), operator.dimension, near).vector],
    refill: stream.split("refill"),
  });
  const most = Math.min(operator.dimension, known === undefined ? MOST_PRODUCTS.cold : MOST_PRODUCTS.near);
  for (;;) {
    throwIfInterrupted(context);
    space.absorb(await operator.apply(space.pending()));
    const pairs = space.ritz();
    const last = pairs.values.length - 1;
    const value = pairs.values[last];
    const [error] = pairs.residuals([last]);
    const isFound = error <= TOLERANCE * Math.abs(value) && space.length > 1;
    if (!isFound && space.length < most && space.pending().length > 0) continue;
    memory.set(series, space.lift(pairs.coordinates([last]))[0]);
    return { series, value, error };
  }
}
