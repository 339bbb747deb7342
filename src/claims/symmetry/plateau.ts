import { z } from "zod";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** |z| where walks begin. */
const DEPTHS = [5, 6, 7, 8, 9, 10];
const LR = 0.5;

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** ½(1 − σ(z))² at z: a sigmoid unit that is to be on. */
const unit: Objective = {
  dimension: 1,
  value: ([z]) => sigmoid(-z) ** 2 / 2,
  gradient: ([z], into) => {
    const [on, off] = [sigmoid(z), sigmoid(-z)];
    into[0] = -off * off * on;
  },
  hessianVector: () => {
    throw new Error("no walk asks for it");
  },
};

function slopeAt(z: number): number {
  const slope = new Float64Array(1);
  unit.gradient(Float64Array.of(z), slope);
  return Math.abs(slope[0]);
}

export const plateau = defineClaim({
  id: "E9",
  topic: "symmetry",
  statement: "A saturated unit sits on a plateau: its gradient is next to nothing, and yet there is no minimum.",
  says: "law",
  law: "of ½(1 − σ(z))² the slope is at most e⁻ᶻ at depth |z| = z, and never 0; gradient descent takes time ∝ e^|z| to leave",
  rival: "the slope does not depend on the depth, and the time grows in proportion to |z|",
  source: "Hochreiter 1991; dz/dt = σ(z)(1 − σ(z))² integrated",
  why: "The slope of a sigmoid falls exponentially to both sides, and the squared error passes it on.",
  means:
    "A small gradient is no sign of a minimum: look whether the loss still falls, and at the curvature. Each unit of depth costs e times as many steps.",
  breaks:
    "Under the log-loss, −ln σ(z), the factor σ′ is divided out and the time is in proportion to |z|; Adam divides by the size of the gradient, to the same effect.",
  reading: ["Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2"],
  parameters: z.object({}),
  found: z.object({ steps: z.array(z.number()), largest: z.number(), least: z.number() }),
  measure() {
    const by = gradientDescent.with({ lr: LR });
    const steps = DEPTHS.map((depth) => stepsUntil({ on: unit, by, from: Float64Array.of(-depth) }, ([at]) => at >= 0));
    const slopes = Array.from({ length: 300 }, (_, i) => i / 10).map((depth) => ({ depth, slope: slopeAt(-depth) }));
    return {
      steps,
      largest: maxOf(slopes.map(({ depth, slope }) => slope * Math.exp(depth))),
      least: minOf(slopes.map(({ slope }) => slope)),
    };
  },
  conclude([{ steps, largest, least }]) {
    const last = DEPTHS.length - 1;
    const run = DEPTHS[last] - DEPTHS[0];
    const inProportion = Math.log(DEPTHS[last] / DEPTHS[0]) / run;
    const top = steps[last];
    return {
      evidence: [
        weigh({
          name: `slope of ln(steps) against |z| from |z| = ${DEPTHS[0]} to ${DEPTHS[last]}, η = ${LR}`,
          measured: Math.log(top / steps[0]) / run,
          law: equals(1),
          rival: equals(inProportion),
          allowed: 0.05,
        }),
        weigh({ name: "largest |∂L/∂z| e^|z| for z from −30 to 0", measured: largest, law: atMost(1) }),
        weigh({
          name: "reciprocal of the smallest |∂L/∂z| there: finite, for no place is a minimum",
          measured: 1 / least,
          law: atMost(Number.MAX_VALUE),
        }),
      ],
      picture: {
        title: "How long a saturated unit takes",
        description: "Steps of gradient descent until the unit is half on, against how deep it is off.",
        x: { title: "|z|" },
        y: { title: "steps", scale: "log" },
        law: [{ name: "∝ e^|z|", x: DEPTHS, y: DEPTHS.map((depth) => top * Math.exp(depth - DEPTHS[last])) }],
        rival: [{ name: "∝ |z|", x: DEPTHS, y: DEPTHS.map((depth) => (steps[0] * depth) / DEPTHS[0]) }],
        measured: [{ name: "", x: DEPTHS, y: steps }],
      },
    };
  },
});
