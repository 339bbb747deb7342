import { z } from "zod";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { chain } from "../../toys/chain.ts";
import { hessianAt } from "../hessian-at.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { scaledUnits } from "./scaled-units.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter } from "../walks.ts";

const DEPTH = 3;
/** Two places of the manifold w₁w₂w₃ = 1. */
const UNEVEN = Float64Array.of(2, 1, 0.5);
const EVEN = Float64Array.of(1, 1, 1);
/** Off the manifold, where walks begin that end on it. */
const START = Float64Array.of(1.5, 0.8, 0.4);
const RATES = [0.02, 0.01, 0.005];
/** The time that they walk: η times steps. */
const TIME = 60;
/** Eigenvalues below this are rounding. */
const ROUNDING = 1e-12;

const on = chain.with({ n: DEPTH, p: 1 });

export const scalingManifold = defineClaim({
  id: "E4",
  topic: "symmetry",
  statement: "Scaling one layer up and the next one down changes nothing: minima are a flat manifold.",
  says: "law",
  law: "of ½(w₁⋯w_L − p)² the nullity is L − 1, the other eigenvalue Σ(p/wᵢ)²; wᵢ² − wⱼ² stays under gradient flow, and steps of size η change it by O(η)",
  rival:
    "minima are isolated, and as sharp as each other: no eigenvalue is 0, the largest is that of the even one, L p²⁻²ᐟᴸ; wᵢ² − wⱼ² moves by as much whatever η",
  source: "Du, Hu & Lee 2018 for what is conserved; Dinh et al. 2017 for sharpness",
  why: "Products of weights, and units with ReLU, know only the product of what goes in and what goes out.",
  means:
    "Sharpness by itself compares nothing, since it changes along a line of one and the same function: see how far each definition moves (`profile`, flatness).",
  breaks: "Weight decay chooses the even place; sigmoid units cannot be scaled.",
  reading: ["Du, Hu & Lee, NeurIPS 31 (2018)", "Dinh, Pascanu, S. Bengio & Y. Bengio, ICML (2017)"],
  parameters: z.object({}),
  found: z.object({
    uneven: z.array(z.number()),
    even: z.array(z.number()),
    drifts: z.array(z.number()),
  }),
  measure() {
    const spectrum = (at: Float64Array) => Array.from(symmetricEigen(hessianAt(on, at), DEPTH, false).values);
    const drifts = RATES.map((lr) => {
      const [w1, w2] = placeAfter({ on, by: gradientDescent.with({ lr }), from: START }, Math.round(TIME / lr));
      return w1 * w1 - w2 * w2 - (START[0] ** 2 - START[1] ** 2);
    });
    return { uneven: spectrum(UNEVEN), even: spectrum(EVEN), drifts };
  },
  conclude([{ uneven, even, drifts }]) {
    const sharpness = (at: Float64Array) => at.reduce((sum, w) => sum + 1 / (w * w), 0);
    const flat = (values: readonly number[]) => values.filter((each) => Math.abs(each) <= ROUNDING).length;
    const last = RATES.length - 1;
    return {
      evidence: [
        weigh({
          name: "largest eigenvalue at (2, 1, ½)",
          measured: uneven[DEPTH - 1],
          law: equals(sharpness(UNEVEN)),
          rival: equals(DEPTH),
          allowed: 1e-12,
        }),
        weigh({
          name: "largest eigenvalue at (1, 1, 1), the flattest",
          measured: even[DEPTH - 1],
          law: equals(DEPTH),
          rival: equals(DEPTH),
          allowed: 1e-12,
        }),
        weigh({
          name: "eigenvalues that are 0 at (2, 1, ½)",
          measured: flat(uneven),
          law: equals(DEPTH - 1),
          rival: equals(0),
        }),
        weigh({
          name: `order in η of the drift of w₁² − w₂² between η = ${RATES[0]} and ${RATES[last]}`,
          measured: Math.log(drifts[0] / drifts[last]) / Math.log(RATES[0] / RATES[last]),
          law: equals(1),
          rival: equals(0),
          allowed: 0.05,
        }),
      ],
      picture: {
        title: "What gradient descent does not conserve",
        description:
          "Drift of w₁² − w₂² on the way to the manifold against the step size; the law is a line through the last.",
        x: { title: "η" },
        y: { title: "|drift|" },
        law: [{ name: "∝ η", x: [0, RATES[0]], y: [0, Math.abs(drifts[last]) * (RATES[0] / RATES[last])] }],
        rival: [{ name: "the same for every η", x: [0, RATES[0]], y: [Math.abs(drifts[0]), Math.abs(drifts[0])] }],
        measured: [{ name: "", x: RATES, y: drifts.map(Math.abs) }],
      },
    };
  },
  network: {
    measures:
      "how the loss changes when units are scaled up and the weights behind them down, beside a random change as long",
    measure: ({ problem }, desk) => scaledUnits(problem, desk),
  },
});
