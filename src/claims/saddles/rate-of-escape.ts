import { z } from "zod";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { saddle } from "../../toys/saddle.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter, stepsUntil } from "../walks.ts";
import { growthAtNetwork } from "./leaving-network.ts";

const LR = 0.1;
/** Where walks begin; they end at 1. */
const START = 1e-3;
const GAMMAS = [1, 0.1];
/** Steps along the direction of positive curvature, λ = 1. */
const INWARD = 50;

const by = gradientDescent.with({ lr: LR });
const law = (gamma: number) => Math.log(1 / START) / Math.log(1 + LR * gamma);
const flow = (gamma: number) => Math.log(1 / START) / (LR * gamma);

export const rateOfEscape = defineClaim({
  id: "C1",
  topic: "saddles",
  statement:
    "A step of gradient descent multiplies the distance along an eigenvector by 1 − ηλ: a saddle repels by 1 + η|λ|.",
  says: "law",
  law: "δₜ = (1 − ηλ)ᵗ δ₀: from r to R in ln(R/r)/ln(1 + η|λ|) steps",
  rival: "steps follow the gradient flow, δₜ = exp(−ηλt) δ₀: from r to R in ln(R/r)/η|λ| steps",
  source: "power iteration of 1 − ηH (von Mises & Pollaczek-Geiringer 1929)",
  why: "On a quadratic the coordinates along the eigenvectors do not know of each other.",
  means:
    "Near a saddle the most negative curvature and the step size alone decide how long it takes to leave; how high the loss is does not enter.",
  breaks:
    "Where terms of third order are as large as η|λ|δ, and at saddles without negative curvature (claims C3, C10).",
  reading: ["Lee, Simchowitz, Jordan & Recht, COLT (2016)"],
  parameters: z.object({}),
  found: z.object({ steps: z.array(z.number()), way: z.array(z.number()), inward: z.number() }),
  measure() {
    const steps = GAMMAS.map((gamma) => {
      const on = saddle.with({ gamma });
      return stepsUntil({ on, by, from: Float64Array.of(0, START) }, on.goal.isReached);
    });
    const on = saddle.with({ gamma: 1 });
    const way: number[] = [];
    stepsUntil({ on, by, from: Float64Array.of(0, START) }, (at) => {
      way.push(at[1]);
      return on.goal.isReached(at);
    });
    return { steps, way, inward: placeAfter({ on, by, from: Float64Array.of(1, 0) }, INWARD)[0] };
  },
  conclude([{ steps, way, inward }]) {
    const times = way.map((_, i) => i + 1);
    return {
      evidence: [
        ...GAMMAS.map((gamma, i) =>
          weigh({
            name: `steps from ${START} to 1, λ = −${gamma}, η = ${LR}`,
            measured: steps[i],
            law: equals(law(gamma)),
            rival: equals(flow(gamma)),
            allowed: 1,
          }),
        ),
        weigh({
          name: `distance left of 1 after ${INWARD} steps, λ = 1, η = ${LR}`,
          measured: inward,
          law: equals((1 - LR) ** INWARD),
          rival: equals(Math.exp(-LR * INWARD)),
          allowed: 1e-15,
        }),
      ],
      picture: {
        title: "Leaving a saddle",
        description: "Distance from the saddle along its negative curvature −1 against steps of η = 0.1.",
        x: { title: "steps" },
        y: { title: "distance", scale: "log" },
        law: [{ name: "", x: times, y: times.map((t) => START * (1 + LR) ** t) }],
        rival: [{ name: "gradient flow", x: times, y: times.map((t) => START * Math.exp(LR * t)) }],
        measured: [{ name: "", x: times.filter((t) => t % 4 === 0), y: way.filter((_, i) => i % 4 === 3) }],
      },
    };
  },
  network: {
    measures:
      "by what a step multiplies the distance from a saddle that is looked for, along its lowest and its highest curvature",
    measure: ({ problem }, desk) => growthAtNetwork(problem, desk),
  },
});
