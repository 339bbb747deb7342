import { z } from "zod";
import { newton } from "../../optimizers/newton.ts";
import { saddleFreeNewton } from "../../optimizers/saddle-free-newton.ts";
import { saddle } from "../../toys/saddle.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter } from "../walks.ts";

const START = [1, 0.5] as const;
const STEPS = 4;
const on = saddle.with({ gamma: 1 });

export const newtonAtSaddles = defineClaim({
  id: "D5",
  topic: "conditioning",
  statement: "Newton’s method is drawn to saddles, and saddle-free Newton is not.",
  says: "law",
  law: "on ½(x² − y²) θ − H⁻¹g is the saddle (0, 0); θ − |H|⁻¹g doubles y and ends x",
  rival: "the two do the same: both take the step −H⁻¹g",
  source: "Dauphin et al. 2014",
  why: "Dividing by a negative curvature turns the step around: uphill along the way down.",
  means:
    "Near a saddle a Newton step without safeguard ends the run there, with a gradient of 0 that looks like success: look at the smallest eigenvalue.",
  breaks: "The matrix |H| needs eigenvectors; in a Krylov space it is that of the part which the space holds.",
  reading: ["Dauphin et al., NeurIPS 27 (2014)"],
  parameters: z.object({}),
  found: z.object({ newton: z.array(z.number()), free: z.array(z.number()), way: z.array(z.number()) }),
  measure() {
    const from = Float64Array.from(START);
    const by = saddleFreeNewton.with({});
    return {
      newton: [...placeAfter({ on, by: newton.with({}), from }, 1)],
      free: [...placeAfter({ on, by, from }, 1)],
      way: Array.from({ length: STEPS }, (_, i) => placeAfter({ on, by, from }, i + 1)[1]),
    };
  },
  conclude([{ newton: drawn, free, way }]) {
    const steps = Array.from({ length: STEPS }, (_, i) => i + 1);
    return {
      evidence: [
        weigh({
          name: "y after a saddle-free step from (1, ½)",
          measured: free[1],
          law: equals(2 * START[1]),
          rival: equals(0),
        }),
        weigh({ name: "x after it", measured: free[0], law: equals(0), rival: equals(0) }),
        weigh({ name: "y after a step of Newton", measured: drawn[1], law: equals(0), rival: equals(0) }),
        weigh({ name: "x after it", measured: drawn[0], law: equals(0), rival: equals(0) }),
      ],
      picture: {
        title: "Two Newton methods at a saddle",
        description: "Distance along the way down against steps of saddle-free Newton, from (1, ½).",
        x: { title: "steps" },
        y: { title: "y" },
        law: [{ name: "saddle-free", x: steps, y: steps.map((t) => START[1] * 2 ** t) }],
        rival: [{ name: "Newton", x: steps, y: steps.map(() => 0) }],
        measured: [{ name: "", x: steps, y: way }],
      },
    };
  },
});
