import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { dot, norm2 } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter } from "../walks.ts";

/** Examples, and the step size. */
const [N, LR] = [4, 0.3];
/** Steps after which walks with conflict have forgotten their start; those of walks without at which their fall is measured, and their end. */
const [MIXED, FALLING, LONG] = [60, 20, 1500];
/** Dimensions in which gradients of random examples are compared. */
const DIMENSIONS = [10, 100, 400];

/** Gradients of examples, one after the other, and the mean of their losses above its least value. */
interface Examples {
  gradient(i: number, w: Float64Array, into: Float64Array): void;
  excess(w: Float64Array): number;
}

/** ½‖w − yᵢ‖², the yᵢ being corners of a simplex of radius 1 around 0: at 0 the gradients have the products −1/(N − 1). */
const conflicting: Examples = {
  gradient(i, w, into) {
    const scale = Math.sqrt(N / (N - 1));
    for (let k = 0; k < N; k++) into[k] = w[k] - scale * (Number(k === i) - 1 / N);
  },
  excess: (w) => dot(w, w) / 2,
};

/** ½(wᵢ − 1)²: each example has a coordinate of its own, and the gradients have the products 0 everywhere. */
const agreeing: Examples = {
  gradient(i, w, into) {
    into.fill(0);
    into[i] = w[i] - 1;
  },
  excess: (w) => w.reduce((sum, each) => sum + (each - 1) ** 2, 0) / (2 * N),
};

/** The loss of one random example, another at each look. */
function sampled({ gradient, excess }: Examples, random: RandomStream): Objective {
  return {
    dimension: N,
    value: excess,
    gradient: (w, into) => gradient(random.integer(N), w, into),
    hessianVector() {
      throw new Error("stochastic gradient descent takes no products");
    },
  };
}

/** Squared cosine between the gradients of ½(w·x − y)² of two random examples at a random place. */
function squaredCosine(d: number, random: RandomStream): number {
  const w = random.normalVector(d);
  const [a, b] = [0, 1].map(() => {
    const x = random.normalVector(d);
    const error = dot(w, x) - random.normal();
    return x.map((each) => error * each);
  });
  return (dot(a, b) / (norm2(a) * norm2(b))) ** 2;
}

const mean = z.object({ value: z.number(), standardError: z.number() });

const FLOOR = LR / (2 * (2 - LR));

export const conflictingExamples = defineClaim({
  id: "F18",
  topic: "flatness",
  statement:
    "With a constant step stochastic gradient descent stalls above the minimum, since its gradients are noisy.",
  says: "rival",
  law: "it stalls by what the gradients of examples conflict, ζ = −min ⟨∇fᵢ, ∇fⱼ⟩ at the minimum: N examples of curvature 1 that lie evenly leave α(N − 1)ζ/(2(2 − α)); with ζ = 0 the loss goes to 0 as (1 − (1 − (1 − α)²)/N)ᵗ; and gradients of random examples in d dimensions have squared cosines of 1/d",
  rival:
    "the noise of the start stays: the floor is α/(2(2 − α)) times the mean square of an example's gradient there, and cosines do not depend on d",
  condition: "no place is a minimum for all examples at once",
  source: "gradient confusion: Sankararaman et al. 2020; floor and rate are those of first-order autoregressions",
  why: "In few dimensions examples do conflict, and the theory of decaying steps was made for these.",
  means:
    "A network that can fit every example needs no decay of the step for the sake of noise; where labels are noisy, or there are few weights, it does.",
  breaks:
    "Curvatures that differ, and steps that are too long for the steepest example, stall or diverge without any conflict.",
  reading: ["Sankararaman, De, Xu, Huang & Goldstein, ICML (2020)", "Ma, Bassily & Belkin, ICML (2018)"],
  parameters: z.object({ walks: scaled(60_000, 1500, "walks, and pairs of examples") }),
  found: z.object({ floor: mean, fall: mean, end: z.number(), cosines: z.array(mean) }),
  measure({ walks }, _part, { random }) {
    const ended = (examples: Examples, steps: number) =>
      examples.excess(
        placeAfter(
          { on: sampled(examples, random), by: gradientDescent.with({ lr: LR }), from: new Float64Array(N) },
          steps,
        ),
      );
    return {
      floor: sampleMean(Float64Array.from({ length: walks }, () => ended(conflicting, MIXED))),
      fall: sampleMean(Float64Array.from({ length: walks }, () => ended(agreeing, FALLING))),
      end: ended(agreeing, LONG),
      cosines: DIMENSIONS.map((d) => sampleMean(Float64Array.from({ length: walks }, () => squaredCosine(d, random)))),
    };
  },
  conclude([{ floor, fall, end, cosines }]) {
    const rate = 1 - (1 - (1 - LR) ** 2) / N;
    const weighed = (name: string, { value, standardError }: z.output<typeof mean>, law: number, rival?: number) =>
      weigh({
        name,
        measured: value,
        standardError,
        law: equals(law),
        rival: rival === undefined ? undefined : equals(rival),
        allowed: 4 * standardError,
      });
    return {
      evidence: [
        weigh({
          name: `mean loss of ${N} examples that do not conflict after ${LONG} steps, α = ${LR}`,
          measured: end,
          law: equals(0),
          rival: equals(FLOOR),
          allowed: 1e-12,
        }),
        weighed(
          `the same after ${FALLING} steps, over that at the start`,
          { value: 2 * fall.value, standardError: 2 * fall.standardError },
          rate ** FALLING,
        ),
        weighed(
          `loss above the minimum of ${N} examples at the corners of a simplex, ζ = 1/${N - 1}`,
          floor,
          FLOOR,
          FLOOR,
        ),
        ...DIMENSIONS.map((d, i) =>
          weighed(
            `mean squared cosine between gradients of two random examples, d = ${d}`,
            cosines[i],
            1 / d,
            1 / DIMENSIONS[0],
          ),
        ),
      ],
      picture: {
        title: "How gradients of random examples conflict",
        description: "Mean squared cosine between the gradients of two random examples against the dimension.",
        x: { title: "d", scale: "log" },
        y: { title: "E cos²", scale: "log" },
        law: [{ name: "1/d", x: DIMENSIONS, y: DIMENSIONS.map((d) => 1 / d) }],
        rival: [{ name: "the same for every d", x: DIMENSIONS, y: DIMENSIONS.map(() => 1 / DIMENSIONS[0]) }],
        measured: [
          {
            name: "",
            x: DIMENSIONS,
            y: cosines.map(({ value }) => value),
            error: cosines.map(({ standardError }) => standardError),
          },
        ],
      },
    };
  },
});
