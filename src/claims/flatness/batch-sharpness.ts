import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { dot } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

const LR = 0.2;
/** Steps of a walk; the first half is not looked at. */
const STEPS = 40_000;
/** Where walks begin: x off the floor, ηS = 1.4. */
const START = Float64Array.of(0.1, 1.4 / LR);

/** A valley that sharpens along S, as a batch sees it: its loss is ½S(x − ξ)² − cS. */
interface Valley {
  /** c: how fast the loss falls along S. */
  readonly fall: number;
  /** σ²: the variance of the place ξ at which a batch has the floor. */
  readonly noise: number;
}

const VALLEYS: readonly Valley[] = [
  { fall: 0.01, noise: 0.01 },
  { fall: 0.02, noise: 0.01 },
  { fall: 0.005, noise: 0.0001 },
];

/** E(x − ξ)² = 2σ²/(2 − ηS) is 2c, so that S neither rises nor falls, at ηS/2 = 1 − σ²/2c. */
const held = (share: number) => 1 - share / 2;

/** The loss of another batch at each look at its gradient; products are of the batch that was looked at last. */
function onBatches({ fall, noise }: Valley, random: RandomStream): Objective {
  let floor = 0;
  return {
    dimension: 2,
    value: ([x, s]) => (s * x * x) / 2 - fall * s,
    gradient([x, s], into) {
      floor = Math.sqrt(noise) * random.normal();
      into[0] = s * (x - floor);
      into[1] = (x - floor) ** 2 / 2 - fall;
    },
    hessianVector([x, s], v, into) {
      into[0] = s * v[0] + (x - floor) * v[1];
      into[1] = (x - floor) * v[0];
    },
  };
}

/** η/2 · E gᵀHg/E‖g‖² over the second half of a walk, g and H of fresh batches. */
function settled(valley: Valley, random: RandomStream): number {
  const look = onBatches(valley, random.split("looks"));
  const [g, product] = [new Float64Array(2), new Float64Array(2)];
  let [curved, square] = [0, 0];
  stepsUntil(
    { on: onBatches(valley, random.split("steps")), by: gradientDescent.with({ lr: LR }), from: START },
    (at, step) => {
      if (step > STEPS / 2) {
        look.gradient(at, g);
        look.hessianVector(at, g, product);
        curved += dot(g, product);
        square += dot(g, g);
      }
      return step === STEPS;
    },
  );
  return (LR * curved) / square / 2;
}

export const batchSharpness = defineClaim({
  id: "F19",
  topic: "flatness",
  statement: "Under stochastic gradient descent the batch sharpness, E gᵀHg/E‖g‖² over batches, settles at 2/η.",
  says: "rival",
  law: "in a valley whose loss falls by c for each unit that it sharpens, and whose floor batches see at places of variance σ², it settles at (2 − σ²/c)/η, where a step is so small that η²c ≪ (σ²/c)^1.5: S then hardly moves while x forgets where it was",
  rival: "it settles at 2/η",
  condition: "noise is small against the pull towards sharper ground, σ² ≪ c",
  source:
    "variance 2σ²/(2 − ηS) of a first-order autoregression, which the slope c must balance; batch sharpness: Andreyev & Beneventano 2024",
  why: "At 2/η a step of a batch leaves the loss of that batch as it is, and networks that sharpen strongly are found near there.",
  means:
    "A batch sharpness below 2/η does not say that the step could be larger: noise alone, by its own pull towards flatter ground, can hold it there.",
  breaks:
    "The law is that of one valley with batches of one curvature. In networks c and σ² change along the way, many directions take part, and batches differ in curvature, too.",
  reading: ["Andreyev & Beneventano, arXiv:2412.20553 (2024)"],
  parameters: z.object({ walks: scaled(100, 4, "walks in each valley") }),
  parts: () => VALLEYS.length,
  found: z.object({ value: z.number(), standardError: z.number() }),
  measure: ({ walks }, part, { random }) =>
    sampleMean(Float64Array.from({ length: walks }, (_, i) => settled(VALLEYS[part], random.split(String(i))))),
  conclude(found) {
    const shares = VALLEYS.map(({ noise, fall }) => noise / fall);
    return {
      evidence: shares.map((share, i) =>
        weigh({
          name: `η/2 times the batch sharpness, σ² = ${share} c, η = ${LR}`,
          measured: found[i].value,
          standardError: found[i].standardError,
          law: equals(held(share)),
          rival: equals(1),
          allowed: 0.02,
        }),
      ),
      picture: {
        title: "Where batch sharpness settles",
        description: "η/2 times the batch sharpness in a valley that sharpens against the noise of batches.",
        x: { title: "σ²/c" },
        y: { title: "η/2 · batch sharpness" },
        law: [{ name: "1 − σ²/2c", x: [0, 1], y: [1, held(1)] }],
        rival: [{ name: "2/η", x: [0, 1], y: [1, 1] }],
        measured: [
          {
            name: "",
            x: shares,
            y: found.map(({ value }) => value),
            error: found.map(({ standardError }) => standardError),
          },
        ],
      },
    };
  },
});
