import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { dot, norm2 } from "../../linalg/vector.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { hessianAt } from "../hessian-at.ts";
import { twoLinearUnits } from "./two-units.ts";
import { maxOf } from "../../util/extremes.ts";

/** (v₁, w₁, v₂, w₂) of a linear network that fits, and with its units exchanged. */
const HERE = Float64Array.of(2, 1.5, 0.5, -0.2);
const THERE = Float64Array.of(0.5, -0.2, 2, 1.5);
const loss = twoLinearUnits(HERE[0] * HERE[1] + HERE[2] * HERE[3]);

/** Two units of a network with ReLU and three inputs: Σ vᵢ relu(wᵢᵀx). */
const UNITS = [
  { v: 1.2, w: Float64Array.of(1, 0.5, -0.3) },
  { v: -0.7, w: Float64Array.of(-0.4, 0.8, 1) },
] as const;

const PLACES = Array.from({ length: 101 }, (_, i) => i / 100);
/** Eigenvalues below this share of the largest are rounding. */
const ROUNDING = 1e-12;

export const permutedCopies = defineClaim({
  id: "E3",
  topic: "symmetry",
  statement: "The copies of a network whose units change places are isolated minima, with a barrier between them.",
  says: "rival",
  law: "on the straight way there is a barrier, of two linear units ½E x²(½ΔvΔw)², of two with ReLU and Gaussian inputs ½Σcᵢcⱼ K(wᵢ, wⱼ); but each copy lies on a manifold of minima, here one that holds both",
  rival: "each is a minimum without flat directions, and every way between them leads over that barrier",
  condition: "the straight way; other ways go along the scaling of units and need not rise",
  source:
    "the straight way by algebra, with the arc-cosine kernel of order 1 of Cho & Saul 2009; the ways around it as in Draxler et al. 2018",
  why: "Averaging two copies gives a network that does neither's work, so that the line between them rises.",
  means:
    "A barrier on the line between two networks says that their units are not in one order, not that they lie in two basins: match the units first, or let the way bend (`connect`).",
  breaks:
    "With two units and ReLU the flat directions do not join the copies; wide networks have more of them (topic of connectivity).",
  reading: ["Cho & Saul, NeurIPS 22 (2009)", "Draxler et al., ICML (2018)", "Entezari et al., ICLR (2022)"],
  parameters: z.object({ draws: scaled(4_000_000, 1_000_000, "inputs of the network with ReLU") }),
  found: z.object({
    straight: z.array(z.number()),
    bent: z.array(z.number()),
    flat: z.number(),
    midpoint: z.number(),
    midpointError: z.number(),
  }),
  measure({ draws }, _part, { random }) {
    const { values } = symmetricEigen(hessianAt(loss, HERE), 4, false);
    const largest = values[3];
    const { value, standardError } = sampleMean(Float64Array.from({ length: draws }, () => squareAtMidpoint(random)));
    return {
      straight: PLACES.map((t) => loss.value(HERE.map((x, i) => (1 - t) * x + t * THERE[i]))),
      bent: PLACES.map((t) => loss.value(turned(t))),
      flat: values.filter((each) => Math.abs(each) <= ROUNDING * largest).length,
      midpoint: value / 2,
      midpointError: standardError / 2,
    };
  },
  conclude([{ straight, bent, flat, midpoint, midpointError }]) {
    const barrier = ((HERE[0] - HERE[2]) * (HERE[1] - HERE[3])) ** 2 / 8;
    const kernels = midpointByKernel() / 2;
    return {
      evidence: [
        weigh({
          name: "highest loss on a bent way between the copies, two linear units",
          measured: maxOf(bent),
          law: equals(0),
          rival: equals(barrier),
          allowed: 1e-12,
        }),
        weigh({
          name: "flat directions at a copy: eigenvalues 0 of 4",
          measured: flat,
          law: equals(3),
          rival: equals(0),
        }),
        weigh({
          name: "highest loss on the straight way, two linear units",
          measured: maxOf(straight),
          law: equals(barrier),
          rival: equals(barrier),
          allowed: 1e-10,
        }),
        weigh({
          name: "loss in the middle of the straight way, two units with ReLU",
          measured: midpoint,
          standardError: midpointError,
          law: equals(kernels),
          rival: equals(kernels),
          allowed: 0.01 * kernels,
        }),
      ],
      picture: {
        title: "Two ways between a network and its copy",
        description: "Loss of two linear units along the straight way and along a bent one that keeps their product.",
        x: { title: "share of the way" },
        y: { title: "loss" },
        law: [
          { name: "straight", x: PLACES, y: PLACES.map((t) => barrier * (4 * t * (1 - t)) ** 2) },
          { name: "bent", x: [0, 1], y: [0, 0] },
        ],
        rival: [],
        measured: [
          { name: "straight", x: every(PLACES), y: every(straight) },
          { name: "bent", x: every(PLACES), y: every(bent) },
        ],
      },
    };
  },
});

const every = (numbers: readonly number[]) => numbers.filter((_, i) => i % 5 === 0);

/**
 * vᵢwᵢ = aᵢ² − bᵢ² with a = (v + w)/2, b = (v − w)/2: turning (a₁, a₂) and (b₁, b₂), each about 0, to their mirror images keeps
 * v₁w₁ + v₂w₂, and exchanges the units.
 */
function turned(t: number): Float64Array {
  const [v1, w1, v2, w2] = HERE;
  const at = (first: number, second: number) => {
    const angle = Math.atan2(second, first);
    const now = angle + t * (Math.PI / 2 - 2 * angle);
    const length = Math.hypot(first, second);
    return [length * Math.cos(now), length * Math.sin(now)];
  };
  const [a1, a2] = at((v1 + w1) / 2, (v2 + w2) / 2);
  const [b1, b2] = at((v1 - w1) / 2, (v2 - w2) / 2);
  return Float64Array.of(a1 + b1, a1 - b1, a2 + b2, a2 - b2);
}

/** The network in the middle has this unit twice. */
const MEAN = {
  v: (UNITS[0].v + UNITS[1].v) / 2,
  w: UNITS[0].w.map((x, k) => (x + UNITS[1].w[k]) / 2),
};

/** (f_mid − f)² at an input of normal numbers. */
function squareAtMidpoint(random: RandomStream): number {
  const x = random.normalVector(3);
  const unit = ({ v, w }: { readonly v: number; readonly w: Float64Array }) => v * Math.max(0, dot(w, x));
  return (2 * unit(MEAN) - unit(UNITS[0]) - unit(UNITS[1])) ** 2;
}

/** Σ cᵢcⱼ K(wᵢ, wⱼ), K = ‖a‖‖b‖ (sin φ + (π − φ) cos φ)/2π = E relu(aᵀx) relu(bᵀx). */
function midpointByKernel(): number {
  const terms = [{ c: 2 * MEAN.v, w: MEAN.w }, ...UNITS.map(({ v, w }) => ({ c: -v, w }))];
  const kernel = (a: Float64Array, b: Float64Array) => {
    const lengths = norm2(a) * norm2(b);
    const phi = Math.acos(Math.min(1, dot(a, b) / lengths));
    return (lengths * (Math.sin(phi) + (Math.PI - phi) * Math.cos(phi))) / (2 * Math.PI);
  };
  return terms.reduce((sum, a) => sum + terms.reduce((inner, b) => inner + a.c * b.c * kernel(a.w, b.w), 0), 0);
}
