import { z } from "zod";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { saddle } from "../../toys/saddle.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";
import { timeAtNetwork } from "./leaving-network.ts";

const LR = 0.1;
const GAMMAS = [1, 0.5, 0.2, 0.1];
const [NEAR, FAR] = [1e-6, 1e-3];

const law = (gamma: number) => Math.log(1 / FAR) / Math.log(1 + LR * gamma);

export const lingering = defineClaim({
  id: "C2",
  topic: "saddles",
  statement: "Gradient descent lingers at saddles, the longer the flatter they are.",
  says: "law",
  law: "time ∝ 1/ln(1 + η|λ|) ≈ 1/η|λ|, and the logarithm of the distance that it begins at",
  rival: "the time is that of a distance, ∝ 1/r, and the same for every λ",
  source: "as claim C1; plateaus of learning near saddles: Saad & Solla 1995",
  why: "Loss curves of small networks show plateaus between drops, and at a saddle the gradient is small.",
  means:
    "A long plateau tells of a small negative curvature rather than of a start that was too close: ten times closer costs a few steps more, ten times flatter costs ten times as many.",
  breaks: "Adapted steps do not linger (claim C4), nor do methods that divide by the curvature (claim D5).",
  reading: ["Saad & Solla, Phys. Rev. Lett. 74, 4337 (1995)", "Dauphin et al., NeurIPS 27 (2014)"],
  parameters: z.object({}),
  found: z.object({ far: z.array(z.number()), near: z.number() }),
  measure() {
    const steps = (gamma: number, start: number) => {
      const on = saddle.with({ gamma });
      return stepsUntil(
        { on, by: gradientDescent.with({ lr: LR }), from: Float64Array.of(0, start) },
        on.goal.isReached,
      );
    };
    return { far: GAMMAS.map((gamma) => steps(gamma, FAR)), near: steps(GAMMAS[0], NEAR) };
  },
  conclude([{ far, near }]) {
    const ratio = Math.log(1 + LR * GAMMAS[0]) / Math.log(1 + LR * GAMMAS[3]);
    const fine = Array.from({ length: 30 }, (_, i) => 0.09 * 1.09 ** i);
    return {
      evidence: [
        weigh({
          name: `steps at λ = −${GAMMAS[3]} over those at λ = −${GAMMAS[0]}, η = ${LR}`,
          measured: far[3] / far[0],
          law: equals(ratio),
          rival: equals(1),
          allowed: 0.02 * ratio,
        }),
        weigh({
          name: `steps from ${NEAR} over those from ${FAR}`,
          measured: near / far[0],
          law: equals(2),
          rival: equals(FAR / NEAR),
          allowed: 0.04,
        }),
      ],
      picture: {
        title: "How long a saddle holds",
        description: `Steps from ${FAR} to 1 against the size of the negative curvature.`,
        x: { title: "|λ|", scale: "log" },
        y: { title: "steps", scale: "log" },
        law: [{ name: "", x: fine, y: fine.map(law) }],
        rival: [{ name: "", x: [GAMMAS[3], GAMMAS[0]], y: [far[0], far[0]] }],
        measured: [{ name: "", x: GAMMAS, y: far }],
      },
    };
  },
  network: {
    measures: "how many steps lead away from a saddle that is looked for, and how many more from ten times closer",
    measure: ({ problem }, desk) => timeAtNetwork(problem, desk),
  },
});
