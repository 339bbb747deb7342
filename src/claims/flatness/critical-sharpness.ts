import { z } from "zod";
import { dot } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter } from "../walks.ts";

/** Dimensions and largest curvature; the smallest is 1. */
const [N, KAPPA] = [10, 100];
/** Step sizes times the largest curvature, and steps, after which the slope lies along the sharpest direction, or the flattest. */
const [BOUNCING, SLIDING, STEPS] = [1.99, 1, 2500];
/** Halvings of the interval in which the step is looked for. */
const HALVINGS = 60;

const on = quadratic.with({ kappa: KAPPA, n: N, angle: 0.4 });

/** The largest step of gradient descent that does not raise the loss, by bisection of the loss itself. */
function largestHarmless(from: Float64Array): number {
  const before = on.value(from);
  const rises = (lr: number) => on.value(placeAfter({ on, by: gradientDescent.with({ lr }), from }, 1)) > before;
  let [low, high] = [0, 4];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (rises(middle)) high = middle;
    else low = middle;
  }
  return low;
}

/** gᵀHg/‖g‖². */
function alongGradient(at: Float64Array): number {
  const slope = new Float64Array(N);
  const product = new Float64Array(N);
  on.gradient(at, slope);
  on.hessianVector(at, slope, product);
  return dot(slope, product) / dot(slope, slope);
}

export const criticalSharpness = defineClaim({
  id: "F13",
  topic: "flatness",
  statement:
    "The largest step that does not raise the loss is 2/λmax, so that a few forward passes measure the sharpness.",
  says: "rival",
  law: "on a quadratic the loss rises beyond η = 2/(gᵀHg/‖g‖²), the curvature along the gradient, which is no more than λmax and may be as small as λmin",
  rival: "it rises beyond 2/λmax",
  condition: "the gradient lies along the sharpest direction, as at the edge of stability",
  source: "L(θ − ηg) = L − η‖g‖² + ½η² gᵀHg; critical sharpness: Kalra et al. 2026",
  why: "At the edge of stability, where training with large steps goes, the gradient does lie along the sharpest direction.",
  means:
    "A line search finds the curvature along one step. Below the edge that is a lower bound of the sharpness, and can miss it by the condition number.",
  breaks: "Where terms of third order are as large as those of second within a step of that length.",
  reading: ["Kalra et al., arXiv:2601.16979 (2026)", "Cohen et al., ICLR (2021)"],
  notOnNetworks:
    "is a law of the parabola, and a step that is long enough to raise the loss of a network leaves its parabola",
  parameters: z.object({}),
  found: z.array(z.object({ harmless: z.number(), curvature: z.number() })),
  measure(_options, _part, { random }) {
    const start = random.normalVector(N);
    const walked = (share: number) =>
      placeAfter({ on, by: gradientDescent.with({ lr: share / KAPPA }), from: start }, STEPS);
    // Scaled up again: what is looked for does not change, and the loss stays far from the smallest numbers.
    const unit = (at: Float64Array) => {
      const size = Math.sqrt(dot(at, at));
      return at.map((x) => x / size);
    };
    return [walked(BOUNCING), start, walked(SLIDING)].map((at) => ({
      harmless: largestHarmless(unit(at)),
      curvature: alongGradient(unit(at)),
    }));
  },
  conclude([found]) {
    const names = [
      `after ${STEPS} steps of ${BOUNCING}/λmax`,
      "at a random place",
      `after ${STEPS} steps of ${SLIDING}/λmax`,
    ];
    return {
      evidence: found
        .map(({ harmless, curvature }, i) =>
          weigh({
            name: `2/η of the largest step that does not raise the loss, ${names[i]}, λmin = 1, λmax = ${KAPPA}`,
            measured: 2 / harmless,
            law: equals(curvature),
            rival: equals(KAPPA),
            allowed: 1e-6 * curvature,
          }),
        )
        .toReversed(),
      picture: {
        title: "Sharpness from a line search",
        description:
          "2/η of the largest step that does not raise the loss against the curvature along the gradient, on a quadratic.",
        x: { title: "gᵀHg/‖g‖²", scale: "log" },
        y: { title: "2/η", scale: "log" },
        law: [{ name: "", x: [1, KAPPA], y: [1, KAPPA] }],
        rival: [{ name: "λmax", x: [1, KAPPA], y: [KAPPA, KAPPA] }],
        measured: [
          { name: "", x: found.map(({ curvature }) => curvature), y: found.map(({ harmless }) => 2 / harmless) },
        ],
      },
    };
  },
});
