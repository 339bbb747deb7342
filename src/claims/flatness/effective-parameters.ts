import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { axpy, dot } from "../../linalg/vector.ts";
import { newton } from "../../optimizers/newton.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { hessianAt } from "../hessian-at.ts";
import { placeAfter } from "../walks.ts";

/** Examples, parameters, variance of the noise, precision α of the prior. */
const [N, K, NOISE, ALPHA] = [30, 12, 0.25, 1];
/** By which each feature is smaller than the one before. */
const FALL = 0.55;

/** −ln of likelihood times prior, without constants: ‖y − Φw‖²/2σ² + ½α‖w‖². */
function posterior(rows: readonly Float64Array[], labels: Float64Array): Objective {
  /** Φᵀ of numbers by example over σ², and αw. */
  const back = (errors: Float64Array, w: Float64Array, into: Float64Array) => {
    for (let k = 0; k < K; k++) into[k] = ALPHA * w[k];
    rows.forEach((row, i) => {
      for (let k = 0; k < K; k++) into[k] += (errors[i] * row[k]) / NOISE;
    });
  };
  const errorsAt = (w: Float64Array) => Float64Array.from(rows, (row, i) => dot(row, w) - labels[i]);
  return {
    dimension: K,
    value(w) {
      const errors = errorsAt(w);
      return dot(errors, errors) / (2 * NOISE) + (ALPHA * dot(w, w)) / 2;
    },
    gradient: (w, into) => back(errorsAt(w), w, into),
    hessianVector: (_w, v, into) =>
      back(
        Float64Array.from(rows, (row) => dot(row, v)),
        v,
        into,
      ),
  };
}

/** ln N(y; 0, σ²I + ΦΦᵀ/α), by the eigenvalues of the covariance of the examples: nothing of it knows of the posterior. */
function logEvidence(rows: readonly Float64Array[], labels: Float64Array): number {
  const covariance = Float64Array.from({ length: N * N }, (_, at) => {
    const [i, j] = [Math.floor(at / N), at % N];
    return dot(rows[i], rows[j]) / ALPHA + (i === j ? NOISE : 0);
  });
  const { values, vectors } = symmetricEigen(covariance, N, true);
  return vectors.reduce(
    (sum, vector, i) => sum - (Math.log(2 * Math.PI * values[i]) + dot(vector, labels) ** 2 / values[i]) / 2,
    0,
  );
}

const mean = z.object({ value: z.number(), standardError: z.number() });

export const effectiveParameters = defineClaim({
  id: "F14",
  topic: "flatness",
  statement: "A fit uses as many parameters as there are curvatures above that of the prior, however many it has.",
  says: "law",
  law: "with the eigenvalues λ of the Hessian of the log-likelihood and weight decay α: γ = Σ λ/(λ + α) parameters are fitted, as many as there are λ > α to within one where the spectrum falls fast, and the evidence falls by ½α‖w‖² + ½ Σ ln(1 + λ/α) below the best fit (Laplace, exact for linear models)",
  rival: "all k are fitted, and the evidence falls by ½k ln n (BIC)",
  source: "MacKay 1992, evidence and the number of well-determined parameters; Schwarz 1978 for BIC",
  why: "Counting weights is easy, and for few weights that the data determine well the two counts agree.",
  means:
    "Flat directions cost nothing: neither in noise that is fitted nor in evidence. The spectrum says how many parameters count, and α moves the line.",
  breaks:
    "Networks are not linear in their weights: Laplace is then the evidence of one minimum, as if its surroundings were a parabola, and symmetries must be counted apart. Where many curvatures are near α a count says little: γ may then be off from it by a half of each.",
  reading: ["MacKay, Neural Comput. 4, 415 and 448 (1992)", "Maddox, Benton & Wilson, arXiv:2003.02139 (2020)"],
  parameters: z.object({ draws: scaled(200_000, 3000, "sets of labels") }),
  found: z.object({
    curvatures: z.array(z.number()),
    occam: z.number(),
    length: z.number(),
    influence: z.number(),
    lengthFitted: mean,
  }),
  measure({ draws }, _part, { random }) {
    const rows = Array.from({ length: N }, () => random.normalVector(K).map((x, k) => 2 * x * FALL ** k));
    const zero = new Float64Array(K);
    const fitted = (labels: Float64Array) =>
      placeAfter({ on: posterior(rows, labels), by: newton.with({}), from: zero }, 1);
    /** What each label contributes to a fit: the posterior is a parabola, and where it ends is linear in them. */
    const shares = rows.map((_, i) => fitted(Float64Array.from({ length: N }, (_y, k) => Number(k === i))));
    const lengthOf = (labels: Float64Array) => {
      const w = new Float64Array(K);
      shares.forEach((each, i) => axpy(labels[i], each, w));
      return ALPHA * dot(w, w);
    };
    /** Labels that the prior and the noise make. */
    const drawn = () => {
      const w = random.normalVector(K).map((x) => x / Math.sqrt(ALPHA));
      return Float64Array.from(rows, (row) => dot(row, w) + Math.sqrt(NOISE) * random.normal());
    };
    const labels = drawn();
    const best = fitted(labels);
    const errors = labels.map((y, i) => y - dot(rows[i], best));
    const logLikelihood = -dot(errors, errors) / (2 * NOISE) - (N / 2) * Math.log(2 * Math.PI * NOISE);
    return {
      curvatures: Array.from(
        symmetricEigen(hessianAt(posterior(rows, labels), best), K, false).values,
        (each) => each - ALPHA,
      ),
      occam: logLikelihood - logEvidence(rows, labels),
      length: dot(best, best),
      influence: rows.reduce((sum, row, i) => sum + dot(row, shares[i]), 0),
      lengthFitted: sampleMean(Float64Array.from({ length: draws }, () => lengthOf(drawn()))),
    };
  },
  conclude([{ curvatures, occam, length, influence, lengthFitted }]) {
    const gamma = curvatures.reduce((sum, each) => sum + each / (each + ALPHA), 0);
    const volume = curvatures.reduce((sum, each) => sum + Math.log(1 + each / ALPHA), 0);
    const falling = curvatures.toReversed();
    const places = falling.map((_, i) => i + 1);
    return {
      evidence: [
        weigh({
          name: `how far each label moves its own prediction, Σ ∂ŷ/∂y, k = ${K}, n = ${N}`,
          measured: influence,
          law: equals(gamma),
          rival: equals(K),
          allowed: 1e-9,
        }),
        weigh({
          name: "curvatures above α, less that",
          measured: curvatures.filter((each) => each > ALPHA).length - influence,
          law: equals(0),
          rival: equals(K - influence),
          // A number of curvatures is a whole one.
          allowed: 1,
        }),
        weigh({
          name: "mean of α‖w‖² of fits, labels drawn from the model",
          measured: lengthFitted.value,
          standardError: lengthFitted.standardError,
          law: equals(gamma),
          rival: equals(K),
          allowed: 4 * lengthFitted.standardError,
        }),
        weigh({
          name: "log-likelihood of the best fit less the log-evidence",
          measured: occam,
          law: equals((ALPHA * length + volume) / 2),
          rival: equals((K / 2) * Math.log(N)),
          allowed: 1e-9,
        }),
      ],
      picture: {
        title: "Parameters that are fitted",
        description: "Sum of λ/(λ + α) over the largest eigenvalues against their number, beside all that were fitted.",
        x: { title: "eigenvalues" },
        y: { title: "parameters" },
        law: [
          {
            name: "Σ λ/(λ + α)",
            x: places,
            y: places.map((count) => falling.slice(0, count).reduce((sum, each) => sum + each / (each + ALPHA), 0)),
          },
        ],
        rival: [{ name: "all", x: places, y: places }],
        measured: [{ name: "Σ ∂ŷ/∂y", x: [K], y: [influence] }],
      },
    };
  },
});
