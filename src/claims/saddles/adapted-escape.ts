import { z } from "zod";
import { adam } from "../../optimizers/adam.ts";
import { rmsprop } from "../../optimizers/rmsprop.ts";
import { flatSaddle } from "../../toys/flat-saddle.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter, stepsUntil } from "../walks.ts";
import { escapeSteps, FLAT_END, FLAT_SETTINGS } from "./flat-setting.ts";

const LR = 0.01;
const Y0 = 0.1;
/** ρ of RMSProp. */
const KEPT = 0.99;

const on = flatSaddle.with({});

/** Steps of length η, in whole ones. */
const signSteps = ({ y0, lr }: { readonly y0: number; readonly lr: number }) => Math.ceil((FLAT_END - y0) / lr - 1e-9);

export const adaptedEscape = defineClaim({
  id: "C4",
  topic: "saddles",
  statement: "Adam and RMSProp leave flat saddles much faster than gradient descent.",
  says: "law",
  law: "about as steps of length η do, in (y₁ − y₀)/η; Adam's first step has length η, that of RMSProp η/√(1 − ρ)",
  rival: "as gradient descent does: (1/y₀² − 1/y₁²)/8η + (3/2) ln(y₁/y₀) steps, the first of length η|∂f|",
  source: "Kingma & Ba 2015, section 2.1: the effective step is bounded by η",
  why: "They divide the gradient by its own recent size, so that a small slope does not make a small step.",
  means:
    "On plateaus they save orders of magnitude; the same division keeps them moving by η where a step should be small.",
  breaks:
    "The gradients of batches are mostly noise on a plateau: then the noise is divided by its own size, and the walk is a random one.",
  reading: ["Kingma & Ba, ICLR (2015)", "Staib et al., ICML (2019)"],
  parameters: z.object({}),
  found: z.object({ adam: z.array(z.number()), first: z.number(), firstOfRmsprop: z.number() }),
  measure() {
    const from = Float64Array.of(0, Y0);
    return {
      adam: FLAT_SETTINGS.map(({ y0, lr }) =>
        stepsUntil({ on, by: adam.with({ lr }), from: Float64Array.of(0, y0) }, on.goal.isReached),
      ),
      first: placeAfter({ on, by: adam.with({ lr: LR, eps: 0 }), from }, 1)[1] - Y0,
      firstOfRmsprop: placeAfter({ on, by: rmsprop.with({ lr: LR, eps: 0, alpha: KEPT }), from }, 1)[1] - Y0,
    };
  },
  conclude([{ adam: steps, first, firstOfRmsprop }]) {
    const slope = 4 * Y0 ** 3;
    const places = FLAT_SETTINGS.map(({ y0 }) => y0);
    return {
      evidence: [
        ...FLAT_SETTINGS.map((setting, i) => {
          const law = signSteps(setting);
          return weigh({
            name: `steps of Adam from y₀ = ${setting.y0} to ½, η = ${setting.lr} (the law in whole steps)`,
            measured: steps[i],
            law: equals(law),
            rival: equals(escapeSteps(setting)),
            allowed: 0.2 * law,
          });
        }),
        weigh({
          name: `length of Adam's first step over η, ε = 0`,
          measured: first / LR,
          law: equals(1),
          rival: equals(slope),
          allowed: 1e-12,
        }),
        weigh({
          name: `length of the first step of RMSProp over η, ρ = ${KEPT}, ε = 0`,
          measured: firstOfRmsprop / LR,
          law: equals(1 / Math.sqrt(1 - KEPT)),
          rival: equals(slope),
          allowed: 1e-12,
        }),
      ],
      picture: {
        title: "Leaving a flat saddle with adapted steps",
        description: "Steps of Adam times its step size against where along the way down it begins.",
        x: { title: "y₀", scale: "log" },
        y: { title: "steps × η", scale: "log" },
        law: [{ name: "steps of length η", x: places, y: places.map((y0) => FLAT_END - y0) }],
        rival: [
          {
            name: "gradient descent",
            x: places,
            y: FLAT_SETTINGS.map((setting) => escapeSteps(setting) * setting.lr),
          },
        ],
        measured: [{ name: "", x: places, y: FLAT_SETTINGS.map(({ lr }, i) => steps[i] * lr) }],
      },
    };
  },
});
