import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { axpy, dot, norm2 } from "../../linalg/vector.ts";
import { exactTrustRegion } from "../../optimizers/exact-trust-region.ts";
import { newton } from "../../optimizers/newton.ts";
import { newtonCg } from "../../optimizers/newton-cg.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { inBall } from "../../optimizers/perturbed-gradient-descent.ts";
import { steihaug } from "../../optimizers/trust-region.ts";
import { follow, type Walk } from "../../optimizers/walk.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { saddle } from "../../toys/saddle.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { goe } from "../random-matrices/goe.ts";
import { placeAfter, stepsUntil } from "../walks.ts";

const DIMENSION = 6;
const RADIUS = 1.5;
/** Of the gradients with which the lowest eigenvector has no part, so short that the inner step lies within the radius. */
const SHORT = 0.1;
/** Radius within which conjugate gradients meet no boundary first. */
const WIDE = 1e6;
const STEPS = 20;

const toy = saddle.with({ gamma: 1 });

export const negativeCurvature = defineClaim({
  id: "D7",
  topic: "conditioning",
  statement: "Trust regions and Hessian-free Newton see negative curvature and use it.",
  says: "law",
  law: "the best step within ‖p‖ ≤ Δ solves (H + μI)p = −g with μ ≥ max(0, −λmin), in the hard case g ⟂ v₁, too; conjugate gradients meet a direction with dᵀHd ≤ 0 on every indefinite H with gᵀv₁ ≠ 0",
  rival: "the step goes where Newton’s does, to the critical point, and no negative curvature is met",
  source: "Moré & Sorensen 1983; Steihaug 1983",
  why: "Within a ball a quadratic has a minimum whatever its curvatures; conjugate gradients build the quadratic direction by direction, and a negative one shows.",
  means:
    "Saddles do not hold such methods, and each step says whether it met negative curvature; plain Newton goes into them.",
  breaks:
    "On the point itself, where g = 0, conjugate gradients have nothing to begin with, and only the exact step leaves; solvers that stop early may not meet a small negative curvature.",
  reading: [
    "Conn, Gould & Toint, Trust-Region Methods (2000)",
    "Nocedal & Wright, Numerical Optimization (2006), chapters 4, 7",
  ],
  parameters: z.object({
    points: scaled(200_000, 4000, "random points within the region, for each of two gradients"),
    quadratics: scaled(2000, 60, "random quadratics on which conjugate gradients are run"),
  }),
  found: z.object({
    lead: z.number(),
    hardLead: z.number(),
    shift: z.number(),
    agree: z.number(),
    indefinite: z.number(),
    exactEscape: z.number(),
    cgEscape: z.number(),
    newtonEnd: z.number(),
    way: z.array(z.tuple([z.number(), z.number()])),
  }),
  measure({ points, quadratics }, _part, { random }) {
    const { matrix, lowest, first } = indefinite(random);
    const general = random.normalVector(DIMENSION);
    const across = general.slice();
    axpy(-dot(first, general), first, across);
    const leads = [general, across.map((x) => SHORT * x)].map((g) => {
      const on = quadraticOf(matrix, DIMENSION, g);
      const step = placeAfter(
        { on, by: exactTrustRegion.with({ radius: RADIUS }), from: new Float64Array(DIMENSION) },
        1,
      );
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < points; i++) best = Math.min(best, on.value(inBall(DIMENSION, RADIUS, random)));
      // (H + μ)p = −g, multiplied by p.
      const slope = new Float64Array(DIMENSION);
      on.gradient(step, slope);
      return { lead: on.value(step) - best, shift: -dot(step, slope) / dot(step, step) + lowest };
    });
    const flags = Array.from({ length: quadratics }, () => flagged(random));
    const from = Float64Array.of(0.5, 1e-3);
    const isOut = (at: Float64Array) => Math.abs(at[1]) >= 1;
    const way: [number, number][] = [[from[0], from[1]]];
    stepsUntil({ on: toy, by: newtonCg.with({ radius: 0.1 }), from }, (at, step) => {
      way.push([at[0], at[1]]);
      return step === STEPS || isOut(at);
    });
    return {
      lead: leads[0].lead,
      hardLead: leads[1].lead,
      shift: leads[0].shift,
      agree: flags.filter(({ isFlagged, isIndefinite }) => isFlagged === isIndefinite).length / quadratics,
      indefinite: flags.filter(({ isIndefinite }) => isIndefinite).length,
      exactEscape: stepsUntil({ on: toy, by: exactTrustRegion.with({}), from: new Float64Array(2) }, isOut, STEPS),
      cgEscape: stepsUntil({ on: toy, by: newtonCg.with({}), from }, isOut, STEPS),
      newtonEnd: norm2(placeAfter({ on: toy, by: newton.with({}), from }, 1)),
      way,
    };
  },
  conclude([found], { points, quadratics }) {
    const { lead, hardLead, shift, agree, indefinite: count, exactEscape, cgEscape, newtonEnd, way } = found;
    return {
      evidence: [
        weigh({
          name: `share of ${quadratics} random quadratics, ${count} of them indefinite, on which conjugate gradients say rightly whether there is negative curvature`,
          measured: agree,
          law: equals(1),
          rival: equals(1 - count / quadratics),
        }),
        weigh({
          name: `value of the exact step less the best of ${points} random ones, n = ${DIMENSION}, Δ = ${RADIUS}`,
          measured: lead,
          law: atMost(0),
        }),
        weigh({ name: "−λmin less its multiplier μ", measured: -shift, law: atMost(0), allowed: 1e-12 }),
        weigh({
          name: "value less the best random one in the hard case, g ⟂ v₁",
          measured: hardLead,
          law: atMost(0),
        }),
        weigh({
          name: `steps of the exact trust region from the saddle itself to 1 along the way down, NaN where it does not get there in ${STEPS}`,
          measured: exactEscape,
          law: atMost(STEPS),
        }),
        weigh({
          name: "steps of Newton–CG from (½, 0.001) to there",
          measured: cgEscape,
          law: atMost(STEPS),
        }),
        weigh({
          name: "distance from the saddle after one step of plain Newton from there",
          measured: newtonEnd,
          law: equals(0),
          rival: equals(0),
          allowed: 1e-15,
        }),
      ],
      picture: {
        title: "Out of a saddle with Newton–CG",
        description:
          "Where the steps from (½, 0.001) end, first radius 0.1, on ½(x² − y²). Newton’s own goes to (0, 0), the other law.",
        x: { title: "x" },
        y: { title: "y" },
        law: [],
        rival: [{ name: "Newton", x: [0.5, 0], y: [1e-3, 0] }],
        measured: [{ name: "", x: way.map(([x]) => x), y: way.map(([, y]) => y) }],
      },
    };
  },
});

/** A random symmetric matrix with negative curvature, and where that is. */
function indefinite(random: RandomStream) {
  for (;;) {
    const matrix = goe(DIMENSION, random);
    const { values, vectors } = symmetricEigen(matrix, DIMENSION, true);
    if (values[0] < -0.1) return { matrix, lowest: values[0], first: vectors[0] };
  }
}

/** Whether conjugate gradients meet negative curvature on a random quadratic, and whether there is any. */
function flagged(random: RandomStream) {
  const n = 2 + random.integer(DIMENSION - 1);
  const matrix = goe(n, random);
  // Moved up, so that about as many are indefinite as are not.
  for (let i = 0; i < n; i++) matrix[i * n + i] += 1.5;
  const g = random.normalVector(n);
  const on = quadraticOf(matrix, n, g);
  let isFlagged = false;
  follow(on, step(), () => true);
  return { isFlagged, isIndefinite: symmetricEigen(matrix, n, false).values[0] < 0 };

  function* step(): Walk {
    const { end } = yield* steihaug(new Float64Array(n), g, { radius: WIDE, tolerance: 1e-12, most: 2 * n });
    isFlagged = end === "negative-curvature";
  }
}

/** ½xᵀAx + gᵀx. */
function quadraticOf(matrix: Float64Array, n: number, g: Float64Array): Objective {
  const times = (v: Float64Array, into: Float64Array) => {
    for (let i = 0; i < n; i++) into[i] = dot(matrix.subarray(i * n, (i + 1) * n), v);
  };
  const image = new Float64Array(n);
  return {
    dimension: n,
    value(x) {
      times(x, image);
      return dot(x, image) / 2 + dot(g, x);
    },
    gradient(x, into) {
      times(x, into);
      axpy(1, g, into);
    },
    hessianVector: (_x, v, into) => times(v, into),
  };
}
