import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { norm2 } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { chain } from "../../toys/chain.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { hessianAt } from "../hessian-at.ts";
import { stepsUntil } from "../walks.ts";
import { blocksOnNetwork } from "./blocks-on-network.ts";
import { maxOf } from "../../util/extremes.ts";

/** Blocks: weights of a chain of three layers, and coordinates of a quadratic. */
const BLOCKS = 3;
const CHAIN = { on: chain.with({ n: BLOCKS, p: 1 }), at: Float64Array.of(2, 1, 0.5) };
const SEPARATE = { on: quadratic.with({ kappa: 16, n: BLOCKS }), at: new Float64Array(BLOCKS) };
/** Distance from the minimum at which walks begin, and beyond which they count as gone; steps that they are given. */
const [NEAR, GONE, PATIENCE] = [1e-7, 1e-5, 1000];
const HALVINGS = 16;

interface Ground {
  readonly on: Objective;
  /** A minimum. */
  readonly at: Float64Array;
}

/** The function of coordinates in other units, x = scale · u, in which a step of gradient descent has an η of its own for each. */
function scaled({ on, at }: Ground, scales: Float64Array): Ground {
  const outside = (u: Float64Array) => u.map((each, i) => each * scales[i]);
  return {
    at: at.map((x, i) => x / scales[i]),
    on: {
      dimension: on.dimension,
      value: (u) => on.value(outside(u)),
      gradient(u, into) {
        on.gradient(outside(u), into);
        for (let i = 0; i < into.length; i++) into[i] *= scales[i];
      },
      hessianVector(u, v, into) {
        on.hessianVector(outside(u), outside(v), into);
        for (let i = 0; i < into.length; i++) into[i] *= scales[i];
      },
    },
  };
}

/** The largest step size with which gradient descent stays near a minimum, by bisection below `most`. */
function largestStable({ on, at }: Ground, most: number): number {
  const from = at.map((x, i) => x + NEAR * (1 + i / 4));
  const leaves = (lr: number) =>
    !Number.isNaN(
      stepsUntil(
        { on, by: gradientDescent.with({ lr }), from },
        (place) => norm2(place.map((x, i) => x - at[i])) > GONE,
        PATIENCE,
      ),
    );
  let [low, high] = [0, most];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (leaves(middle)) high = middle;
    else low = middle;
  }
  return low;
}

/** With all other coordinates held. */
function alone({ on, at }: Ground, block: number): Ground {
  const only = (into: Float64Array) => into.forEach((_, i) => (into[i] = i === block ? into[i] : 0));
  return {
    at,
    on: {
      ...on,
      gradient(x, into) {
        on.gradient(x, into);
        only(into);
      },
      hessianVector(x, v, into) {
        on.hessianVector(x, v, into);
        only(into);
      },
    },
  };
}

/** The largest η of each block alone, and the largest share of these that all blocks can take at once. */
function limits(ground: Ground): { single: number[]; together: number } {
  const single = Array.from({ length: BLOCKS }, (_, i) => largestStable(alone(ground, i), 40));
  return { single, together: largestStable(scaled(ground, Float64Array.from(single, Math.sqrt)), 4) };
}

const limitsFound = z.object({ single: z.array(z.number()), together: z.number() });

export const blockSharpness = defineClaim({
  id: "F15",
  topic: "flatness",
  statement: "Each kind of layer has a sharpness of its own, and can be given a step size by that alone.",
  says: "rival",
  law: "where curvatures are not negative λmax lies between the largest sharpness of B blocks and the sum of all: at 1/B of the step that each can take alone all together are stable, and on a chain of layers, where the Hessian at a minimum has rank one, at no more",
  rival: "λmax is the largest sharpness of a block, and all blocks can take together the step that each can take alone",
  condition: "the Hessian has no entries between blocks",
  source: "vᵀHv ≤ (Σ √λ_b ‖v_b‖)² ≤ Σ λ_b for ‖v‖ = 1; sharpness by kind of block: Wang et al. 2025",
  why: "Blocks of transformers differ in sharpness by orders of magnitude, so that one step size is too small for most.",
  means:
    "Step sizes by block can be far apart from each other, but not each at its own limit: leave room for as many blocks as pull at one function.",
  breaks:
    "The sharpness of a block is one of its coordinates: scaling a layer up and the next one down changes both (claims E4, F4).",
  reading: ["Wang, Wang, Zhou, Yan, E & Wu, ICML (2025)"],
  parameters: z.object({}),
  found: z.object({ chain: limitsFound, separate: limitsFound, largest: z.number() }),
  measure: () => ({
    chain: limits(CHAIN),
    separate: limits(SEPARATE),
    largest: symmetricEigen(hessianAt(CHAIN.on, CHAIN.at), BLOCKS, false).values[BLOCKS - 1],
  }),
  conclude([{ chain: coupled, separate, largest }]) {
    // (p/wᵢ)² at the minimum.
    const blocks = Array.from(CHAIN.at, (w) => 1 / (w * w));
    const sum = blocks.reduce((total, each) => total + each, 0);
    return {
      evidence: [
        weigh({
          name: "share of their own largest steps that three layers of one unit can take together, w = (2, 1, ½)",
          measured: coupled.together,
          law: equals(1 / BLOCKS),
          rival: equals(1),
          allowed: 0.01,
        }),
        weigh({
          name: "λmax there",
          measured: largest,
          law: equals(sum),
          rival: equals(maxOf(blocks)),
          allowed: 1e-12,
        }),
        ...blocks.map((block, i) =>
          weigh({
            name: `largest step of layer ${i + 1} alone, times its sharpness`,
            measured: coupled.single[i] * block,
            law: equals(2),
            rival: equals(2),
            allowed: 0.02,
          }),
        ),
        weigh({
          name: "share of their own largest steps that three coordinates of a quadratic can take together, λ = 1, 4, 16",
          measured: separate.together,
          law: equals(1),
          rival: equals(1),
          allowed: 0.02,
        }),
      ],
      picture: {
        title: "Step sizes by layer",
        description:
          "Largest step of each layer of a chain alone, and the step that all take together, against the weight of the layer.",
        x: { title: "w", scale: "log" },
        y: { title: "η", scale: "log" },
        law: [
          { name: "alone", x: Array.from(CHAIN.at), y: blocks.map((block) => 2 / block) },
          { name: "together", x: Array.from(CHAIN.at), y: blocks.map((block) => 2 / (BLOCKS * block)) },
        ],
        rival: [],
        measured: [
          { name: "alone", x: Array.from(CHAIN.at), y: coupled.single },
          { name: "together", x: Array.from(CHAIN.at), y: coupled.single.map((each) => each * coupled.together) },
        ],
      },
    };
  },
  network: {
    measures:
      "λmax of the Gauss–Newton matrix beside the largest eigenvalues of its blocks, one for each tensor of parameters",
    measure: ({ problem }, desk) => blocksOnNetwork(problem, desk),
  },
});
