import { z } from "zod";
import { norm2 } from "../../linalg/vector.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { sharpnessAware } from "../../optimizers/sharpness-aware.ts";
import { chain } from "../../toys/chain.ts";
import { quadratic } from "../../toys/quadratic.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter } from "../walks.ts";
import { bounceOnNetwork } from "./bounce-on-network.ts";

const LR = 0.2;
const RHO = 0.1;
/** Of ½λx²: ηλ is from 0.2 to 1.6. */
const CURVATURES = [1, 3, 5, 8];
/** The one that THEORY names: ηλρ/(2 − ηλ) = 0.0428571429. */
const LEADING = 1;
/** Steps after which |1 − ηλ|ᵗ is below rounding. */
const STEPS = 300;
/** Curvatures 1, 2 and 4 together. */
const bowl = quadratic.with({ kappa: 4, n: 3 });

/** ½(w₁w₂ − 1)²: its minima are a valley of sharpness w₁² + w₂², from 2 upwards. */
const valley = chain.with({ n: 2, p: 1 });
const VALLEY = { lr: 0.1, rho: 0.03, start: Float64Array.of(2, 0.6) };
const FLATTEST = 2;
/** Sharpness of the minimum to which gradient flow leads from a place: w₁² − w₂² stays on the way. */
const sharpnessBelow = ([v, w]: Float64Array) => Math.hypot(v * v - w * w, FLATTEST);
/** Steps down the valley: part of the way, and all of it. */
const DOWN = { some: 1000, all: 40_000 };

export const sharpnessAwareBounce = defineClaim({
  id: "F5",
  topic: "flatness",
  statement: "SAM comes to rest in flat minima.",
  says: "rival",
  law: "across ½λx² it bounces for ever, |x| = ηλρ/(2 − ηλ), at the curvature (‖g‖/2ρ)(√(1 + 8ρ/(η‖g‖)) − 1); along a valley the bouncing moves it by −2ηρ²∇λ/(2 − ηλ)² a step, down to the flattest place",
  rival:
    "it comes to rest at a minimum, x = 0, as gradient descent does below λ = 2/η, and in a valley at the flattest",
  condition: "the flattest place of a valley is where it goes, if the valley has one; at rest it is nowhere",
  source:
    "Bartlett, Long & Bousquet 2023 for the bouncing and the drift; Long & Bartlett 2023 for the edge; the drift's factor: ½λ′(y)(|x| + ρ)², the slope along ½λ(y)x² at the place uphill",
  why: "Its gradient is taken a distance ρ uphill, and one thinks of the place where the worst of those is least.",
  means:
    "The loss ends above its minimum by an amount that ρ and η decide: let them fall at the end. What flatness is gained takes 1/(ηρ²) steps.",
  breaks:
    "With a ρ that shrinks with the gradient it rests, and drifts no more; gradients of mini-batches, each with its own way uphill, drift towards another flatness than λ₁.",
  reading: [
    "Foret, Kleiner, Mobahi & Neyshabur, ICLR (2021)",
    "Bartlett, Long & Bousquet, J. Mach. Learn. Res. 24, 316 (2023)",
    "Long & Bartlett, arXiv:2309.12488 (2023)",
    "Wen, Ma & Li, ICLR (2023)",
  ],
  parameters: z.object({}),
  found: z.object({
    amplitudes: z.array(z.number()),
    slope: z.number(),
    share: z.number(),
    onTheWay: z.number(),
    atTheEnd: z.number(),
  }),
  measure() {
    const by = sharpnessAware.with({ lr: LR, rho: RHO });
    const bounce = (on: Objective) => placeAfter({ on, by, from: new Float64Array(on.dimension).fill(1) }, STEPS);
    const amplitudes = CURVATURES.map((kappa) => norm2(bounce(quadratic.with({ kappa, n: 1 }))));
    const leading = quadratic.with({ kappa: CURVATURES[LEADING], n: 1 });
    const slope = new Float64Array(1);
    leading.gradient(bounce(leading), slope);
    const place = bounce(bowl);
    const along = (count: number) => {
      const { lr, rho, start } = VALLEY;
      return sharpnessBelow(placeAfter({ on: valley, by: sharpnessAware.with({ lr, rho }), from: start }, count));
    };
    return {
      amplitudes,
      slope: norm2(slope),
      share: Math.abs(place[2]) / norm2(place),
      onTheWay: along(DOWN.some),
      atTheEnd: along(DOWN.all),
    };
  },
  conclude([{ amplitudes, slope, share, onTheWay, atTheEnd }]) {
    const amplitude = (product: number) => (product * RHO) / (2 - product);
    const products = CURVATURES.map((curvature) => LR * curvature);
    const order = [LEADING, ...CURVATURES.keys()].filter((k, i, all) => all.indexOf(k) === i);
    const fine = Array.from({ length: 81 }, (_, i) => i / 50);
    return {
      evidence: [
        ...order.map((k) =>
          weigh({
            name: `|x| after ${STEPS} steps, ηλ = ${Number(products[k].toPrecision(3))}, ρ = ${RHO}`,
            measured: amplitudes[k],
            law: equals(amplitude(products[k])),
            rival: equals(0),
            allowed: 1e-9,
          }),
        ),
        weigh({
          name: "curvature across which it bounces with the gradient that it has there",
          measured: CURVATURES[LEADING],
          law: equals((slope / (2 * RHO)) * (Math.sqrt(1 + (8 * RHO) / (LR * slope)) - 1)),
          rival: equals(2 / LR),
          allowed: 1e-9,
        }),
        weigh({
          name: "share of the sharpest of three directions in the bouncing",
          measured: share,
          law: equals(1),
          rival: equals(0),
          allowed: 1e-9,
        }),
        weigh({
          name: `sharpness after ${DOWN.some} steps along a valley, over that at its start`,
          measured: onTheWay / sharpnessBelow(VALLEY.start),
          law: equals(sharpnessAfter(DOWN.some) / sharpnessBelow(VALLEY.start)),
          allowed: 0.01,
        }),
        weigh({
          name: `sharpness after ${DOWN.all} steps along a valley, over that of its flattest place`,
          measured: atTheEnd / FLATTEST,
          law: equals(1),
          rival: equals(1),
          allowed: 0.01,
        }),
      ],
      picture: {
        title: "How far from the minimum SAM stays",
        description: `Distance from the minimum of ½λx² after ${STEPS} steps against ηλ, ρ = ${RHO}.`,
        x: { title: "ηλ" },
        y: { title: "|x|" },
        law: [{ name: "ηλρ/(2 − ηλ)", x: fine, y: fine.map(amplitude) }],
        rival: [{ name: "at rest", x: [0, 1.6], y: [0, 0] }],
        measured: [{ name: "", x: products, y: amplitudes }],
      },
    };
  },
  network: {
    measures:
      "how far from your weights SAM stays along the sharpest direction, where the slope of the loss is taken away so that they are at rest",
    measure: ({ problem }, desk) => bounceOnNetwork(problem, desk),
  },
});

/** dλ/dt = −(2ηρ²/(2 − ηλ)²)‖∇λ‖² along the valley, where ‖∇λ‖² = 4(λ² − 4)/λ, from its start: t steps, ten to one. */
function sharpnessAfter(steps: number): number {
  const { lr, rho, start } = VALLEY;
  let sharpness = sharpnessBelow(start);
  for (let i = 0; i < 10 * steps; i++) {
    const slope = (4 * (sharpness ** 2 - FLATTEST ** 2)) / sharpness;
    sharpness -= ((2 * lr * rho ** 2) / (2 - lr * sharpness) ** 2) * slope * 0.1;
  }
  return sharpness;
}
