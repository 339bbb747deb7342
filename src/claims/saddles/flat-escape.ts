import { z } from "zod";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { flatSaddle } from "../../toys/flat-saddle.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";
import { escapeSteps, FLAT_SETTINGS } from "./flat-setting.ts";

/** Step sizes at which the coordinate across is looked at, with whether each step is to change its sign. */
const ACROSS = [
  { lr: 0.01, isTurning: false },
  { lr: 0.5, isTurning: false },
  { lr: 1.5, isTurning: true },
] as const;

const on = flatSaddle.with({});

export const flatEscape = defineClaim({
  id: "C3",
  topic: "saddles",
  statement: "At a flat saddle gradient descent struggles, and oscillates.",
  says: "rival",
  law: "½x² + αx²y² − y⁴ is left along y in (1/y₀² − 1/y₁²)/8η + (3/2) ln(y₁/y₀) steps; x changes its sign at each only where η(1 + 2αy²) > 1",
  rival: "so many steps, and x changes its sign at each of them, whatever η",
  condition:
    "a step longer than 1/λ of the curvature across oscillates, beyond 2/λ ever wider; the flat direction itself never does",
  source: "y′ = 4y³ − 24ηy⁵ integrated: the flow that Euler's steps follow (Hairer, Lubich & Wanner 2006, chapter IX)",
  why: "The slope along the way down is of third order, so that steps are tiny for long, while the walls of the valley are steep: pictures of both are remembered as one.",
  means:
    "A plateau that is left slowly does not call for a smaller step: what is slow has nothing to do with what oscillates, and a larger step or one of adapted length (claim C4) shortens it.",
  breaks:
    "Off the axis of y, where 2αx² > 4y², descent first moves towards the saddle, and the count begins when the valley's floor is reached.",
  reading: ["Dauphin et al., NeurIPS 27 (2014)"],
  parameters: z.object({}),
  found: z.object({ steps: z.array(z.number()), turns: z.array(z.number()), towards: z.number() }),
  measure() {
    const steps = FLAT_SETTINGS.map(({ y0, lr }) =>
      stepsUntil({ on, by: gradientDescent.with({ lr }), from: Float64Array.of(0, y0) }, on.goal.isReached),
    );
    const turns = ACROSS.map(({ lr }) => {
      let before = 0.1;
      let turned = 0;
      const all = stepsUntil({ on, by: gradientDescent.with({ lr }), from: Float64Array.of(before, 0.1) }, (at) => {
        if (at[0] * before < 0) turned++;
        before = at[0];
        return on.goal.isReached(at);
      });
      return turned / all;
    });
    let towards = 0;
    stepsUntil({ on, by: gradientDescent.with({ lr: 0.01 }), from: Float64Array.of(0.5, 0.1) }, (at) => {
      towards = Math.sign(at[1] - 0.1);
      return true;
    });
    return { steps, turns, towards };
  },
  conclude([{ steps, turns, towards }]) {
    return {
      evidence: [
        ...FLAT_SETTINGS.map((setting, i) => {
          const law = escapeSteps(setting);
          return weigh({
            name: `steps from y₀ = ${setting.y0} to ½, η = ${setting.lr}`,
            measured: steps[i],
            law: equals(law),
            rival: equals(law),
            allowed: 0.002 * law,
          });
        }),
        ...ACROSS.map(({ lr, isTurning }, i) =>
          weigh({
            name: `share of steps that change the sign of x, η = ${lr}`,
            measured: turns[i],
            law: equals(isTurning ? 1 : 0),
            rival: equals(1),
          }),
        ),
        weigh({
          name: "direction of the first step along y from (½, 0.1), where 2αx² > 4y²: −1 is towards the saddle",
          measured: towards,
          law: equals(-1),
          rival: equals(1),
        }),
      ],
      picture: {
        title: "Steps to leave a flat saddle",
        description: "Steps of gradient descent times its step size, against where along the way down it begins.",
        x: { title: "y₀", scale: "log" },
        y: { title: "steps × η", scale: "log" },
        law: [
          {
            name: "(1/y₀² − 1/y₁²)/8",
            x: PLACES,
            y: PLACES.map((y0) => (1 / y0 ** 2 - 4) / 8),
          },
        ],
        rival: [],
        measured: [
          { name: "", x: FLAT_SETTINGS.map(({ y0 }) => y0), y: FLAT_SETTINGS.map(({ lr }, i) => steps[i] * lr) },
        ],
      },
    };
  },
});

const PLACES = Array.from({ length: 40 }, (_, i) => 0.008 * 1.08 ** i);
