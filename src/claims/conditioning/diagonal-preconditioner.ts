import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { norm2 } from "../../linalg/vector.ts";
import { adam } from "../../optimizers/adam.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";
import { minOf } from "../../util/extremes.ts";

const KAPPA = 10_000;
const LR = 0.01;
/** Distance from the minimum at which it is reached. */
const NEAR = 0.01;
const ANGLES = [0, 0.1, 0.2, 0.4, 0.6, Math.PI / 4];
const by = adam.with({ lr: LR });

/** Steps from (cos φ, sin φ) to the minimum of a quadratic whose axes are turned by an angle. */
function stepsOn(kappa: number, angle: number, phi: number): number {
  const on = quadratic.with({ kappa, n: 2, angle });
  return stepsUntil({ on, by, from: Float64Array.of(Math.cos(phi), Math.sin(phi)) }, (at) => norm2(at) <= NEAR);
}

export const diagonalPreconditioner = defineClaim({
  id: "D11",
  topic: "conditioning",
  statement: "Adam is a preconditioner: the condition of the loss does not matter to it.",
  says: "rival",
  law: "its preconditioner is diagonal: where the axes of the loss are those of the weights κ does not matter; turned by 45° the curvatures of all coordinates are alike, and κ matters as to gradient descent",
  rival: "κ does not matter, however the axes of the loss are turned",
  condition: "the Hessian is diagonal in the weights",
  source: "Kingma & Ba 2015, section 2.1 (invariance to diagonal scaling)",
  why: "Dividing each gradient by its own size undoes any scale that a coordinate has by itself.",
  means:
    "What Adam gains depends on how weights are laid out; methods that turn first, as Shampoo, SOAP and K-FAC do, are made for the rest.",
  breaks:
    "Of layers whose inputs and outputs are whitened the Hessian is nearer to diagonal, and Adam nearer to its promise.",
  reading: ["Kingma & Ba, ICLR (2015)", "Vyas et al., SOAP, ICLR (2025)"],
  parameters: z.object({ starts: scaled(40, 4, "random starts") }),
  found: z.object({ aligned: z.array(z.number()), turned: z.array(z.number()), way: z.array(z.number()) }),
  measure({ starts }, _part, { random }) {
    // Away from the axes of the loss, aligned or turned, from where there is but one coordinate to go.
    const all = Array.from({ length: starts }, () => Math.PI * (0.05 + 0.15 * random.uniform()));
    const plain = all.map((phi) => stepsOn(KAPPA, 0, phi));
    return {
      aligned: all.map((phi, i) => plain[i] / stepsOn(1, 0, phi)),
      turned: all.map((phi, i) => stepsOn(KAPPA, Math.PI / 4, phi) / plain[i]),
      way: ANGLES.map((angle) => stepsOn(KAPPA, angle, all[0])),
    };
  },
  conclude([{ aligned, turned, way }]) {
    const [a, b] = [turned, aligned].map((all) => sampleMean(Float64Array.from(all)));
    return {
      evidence: [
        weigh({
          name: `steps of Adam with the axes turned by 45° over those along the axes, κ = ${KAPPA}, η = ${LR}`,
          measured: a.value,
          standardError: a.standardError,
          law: atLeast(5),
          rival: equals(1),
        }),
        weigh({
          name: "the same, from the start with the smallest ratio",
          measured: minOf(turned),
          law: atLeast(5),
          rival: equals(1),
        }),
        weigh({
          name: `steps along the axes, κ = ${KAPPA} over κ = 1`,
          measured: b.value,
          standardError: b.standardError,
          law: equals(1),
          rival: equals(1),
          allowed: 0.05,
        }),
      ],
      picture: {
        title: "Adam on a quadratic that is turned",
        description: `Steps to a distance of ${NEAR} against the angle, κ = ${KAPPA}, from one start. The other law is the number along the axes.`,
        x: { title: "angle" },
        y: { title: "steps", scale: "log" },
        law: [],
        rival: [{ name: "whatever the angle", x: [0, Math.PI / 4], y: [way[0], way[0]] }],
        measured: [{ name: "", x: ANGLES, y: way }],
      },
    };
  },
});
