import { gaussNewtonProduct } from "../../problem/derivatives/gauss-newton.ts";
import type { Problem } from "../../problem/problem.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { randomFactors, scalingsOf } from "../random-scaling.ts";

/** Change of a trace, and of the loss, that is rounding; relative to what is summed up. */
const ROUNDING = { float32: 1e-3, float64: 1e-6 };
const TRIES = 3;
/** Vectors of random signs z: the mean of zᵀGz over all of them is tr G. */
const SIGNS = 8;

/**
 * The trace of the Gauss–Newton matrix of a network whose units are scaled by random factors while the weights behind them take
 * these back: tr D⁻¹GD⁻¹ at Dθ, from the same random signs on both sides, so that no scatter is between them. In float64 where there
 * is that.
 *
 * Cost: one product for each sign, at home and at each of the scaled places.
 *
 * @throws input error `no-scaling` where no unit of the network can be scaled; `l2-bends` where an L2 term is in the loss;
 *   `no-curvature` where the trace or the loss is 0
 */
export async function rescaledTrace(given: Problem, { random, context }: ClaimDesk): Promise<Conclusion> {
  const problem = given.inFloat64 ?? given;
  const { point, options } = problem;
  const scalings = scalingsOf(problem);
  const home = point.parameters;
  const signs = Array.from({ length: SIGNS }, () => random.rademacherVector(home.length));
  const traceOf = async (at: typeof point, vectors: readonly Float64Array[]) => {
    const images = await at.product(gaussNewtonProduct, vectors, context);
    const terms = vectors.map((v, i) => v.map((each, k) => each * images[i][k]));
    const total = (of: (x: number) => number) =>
      terms.reduce((sum, each) => sum + each.reduce((all, x) => all + of(x), 0), 0) / SIGNS;
    return { value: total((x) => x), size: total(Math.abs) };
  };
  const { value: before } = await traceOf(point, signs);
  const { loss } = await point.anyValue(context);
  if (before === 0 || loss === 0) throw without();
  const found = [];
  for (let i = 0; i < TRIES; i++) {
    const scaling = scalings(randomFactors(random));
    const factors = scaling(new Float64Array(home.length).fill(1));
    await using there = problem.at(scaling(home));
    const trace = await traceOf(there, signs);
    const { value: law } = await traceOf(
      point,
      signs.map((z) => z.map((each, k) => each / factors[k])),
    );
    found.push({ trace, law, loss: (await there.anyValue(context)).loss });
  }
  const allowed = ROUNDING[options.precision];
  return {
    evidence: [
      ...found.map(({ trace, law }, i) =>
        weigh({
          name: `Gauss–Newton trace where units are scaled, over that of the weights as they are, ${i + 1}`,
          measured: trace.value / before,
          law: equals(law / before),
          rival: equals(1),
          allowed: (allowed * trace.size) / Math.abs(before),
        }),
      ),
      ...found.map((each, i) =>
        weigh({
          name: `loss where units are scaled, over that of the weights as they are, ${i + 1}`,
          measured: each.loss / loss,
          law: equals(1),
          rival: equals(1),
          allowed,
        }),
      ),
    ],
    picture: null,
  };
}

function without(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-curvature",
    message:
      "The loss of this network or its Gauss–Newton matrix is 0 at these weights: there is no trace to be changed.",
    hint: "Give weights with a loss above 0, and no outputs that saturate.",
  });
}
