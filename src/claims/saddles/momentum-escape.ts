import { z } from "zod";
import { heavyBall } from "../../optimizers/heavy-ball.ts";
import { saddle } from "../../toys/saddle.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

const LR = 0.01;
const START = 1e-9;
const MOMENTA = [0, 0.5, 0.9];
const STEPS = 400;

/** The larger root of z² − (1 + β + ηγ)z + β, γ = 1. */
function root(beta: number): number {
  const sum = 1 + beta + LR;
  return (sum + Math.sqrt(sum * sum - 4 * beta)) / 2;
}

const on = saddle.with({ gamma: 1 });

export const momentumEscape = defineClaim({
  id: "C5",
  topic: "saddles",
  statement: "Momentum carries gradient descent through a saddle.",
  says: "law",
  law: "the distance grows by the larger root z of z² − (1 + β + ηγ)z + β = 0 a step, about 1 + ηγ/(1 − β) where ηγ ≪ (1 − β)²",
  rival: "momentum makes no difference to the rate: 1 + ηγ",
  source: "Polyak 1964, heavy ball on a quadratic",
  why: "A ball that rolls does not stop where the ground is level.",
  means:
    "With β = 0.9 a saddle is left in about a sixth of the steps here; the gain falls short of 1/(1 − β) as ηγ grows.",
  breaks: "The velocity must be there: from rest at the saddle itself momentum stays, too.",
  reading: ["O’Neill & Wright, Math. Program. 176, 403 (2019)"],
  parameters: z.object({}),
  found: z.object({ ratios: z.array(z.number()), way: z.array(z.number()) }),
  measure() {
    const ways = MOMENTA.map((momentum) => {
      const way: number[] = [];
      stepsUntil({ on, by: heavyBall.with({ lr: LR, momentum }), from: Float64Array.of(0, START) }, (at, step) => {
        way.push(at[1]);
        return step === STEPS;
      });
      return way;
    });
    return { ratios: ways.map((way) => way[STEPS - 1] / way[STEPS - 2]), way: ways[MOMENTA.length - 1] };
  },
  conclude([{ ratios, way }]) {
    const times = way.map((_, i) => i + 1).filter((t) => t % 20 === 0);
    return {
      evidence: MOMENTA.map((momentum, i) =>
        weigh({
          name: `growth a step after ${STEPS} steps, β = ${momentum}, ηγ = ${LR}`,
          measured: ratios[i],
          law: equals(root(momentum)),
          rival: equals(1 + LR),
          allowed: 1e-10,
        }),
      ).toReversed(),
      picture: {
        title: "Momentum at a saddle",
        description:
          "Distance from the saddle against steps, β = 0.9, from 1e-9; the law from the last place backwards.",
        x: { title: "steps" },
        y: { title: "distance", scale: "log" },
        law: [{ name: "", x: times, y: times.map((t) => way[STEPS - 1] * root(0.9) ** (t - STEPS)) }],
        rival: [{ name: "without momentum", x: times, y: times.map((t) => START * (1 + LR) ** t) }],
        measured: [{ name: "", x: times, y: times.map((t) => way[t - 1]) }],
      },
    };
  },
});
