import { z } from "zod";
import { norm2 } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { chain } from "../../toys/chain.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";

const LR = 0.1;
/** Layers, and the weight that all have where a walk begins; another begins ten times closer. */
const SETTINGS = [
  { depth: 2, from: 1e-3 },
  { depth: 3, from: 1e-3 },
  { depth: 4, from: 0.05 },
] as const;
const CLOSER = 10;
/** Of random starts around the origin, and the steps that they are given. */
const [NEAR, PATIENCE] = [1e-3, 1000];

const by = gradientDescent.with({ lr: LR });
const isHalfWay = (w: Float64Array) => Math.abs(w.reduce((product, each) => product * each, 1)) >= 1 / 2;

/** Steps from w/10 to w where w grows by (1 + η) in each. */
const STRICT = Math.log(CLOSER) / Math.log(1 + LR);

/**
 * Steps from w/10 to w on the diagonal near the origin: w′ = w^(L−1) takes (w₀^(2−L) − w^(2−L))/(L − 2)η, and Euler's steps of it
 * ½(L − 1) ln(w/w₀) more, as in claim C3; for L = 2 each multiplies by 1 + η.
 */
function stepsMore({ depth, from }: (typeof SETTINGS)[number]): number {
  if (depth === 2) return STRICT;
  return (CLOSER ** (depth - 2) - 1) / ((depth - 2) * LR * from ** (depth - 2)) + ((depth - 1) / 2) * Math.log(CLOSER);
}

export const freezing = defineClaim({
  id: "C10",
  topic: "saddles",
  statement: "Gradient descent almost surely avoids saddles, and rarely freezes at one.",
  says: "rival",
  law: "near the origin of a deep linear network of L ≥ 3 layers it takes ∝ r^(2−L) steps, and no start within r leaves in fewer; ∝ ln(1/r) for L = 2",
  rival: "it takes ∝ ln(1/r) steps at every saddle",
  condition: "the saddle is strict: it has a negative curvature",
  source:
    "Lee et al. 2016 for strict saddles; w′ = w^(L−1) integrated, and r′ ≤ r^(L−1) L^(1−L/2) since a product is at most that of equal weights",
  why: "Starts from which descent ends at a strict saddle have measure zero; that says nothing of the time, nor of saddles without curvature.",
  means:
    "Deep networks with small initial weights begin next to a saddle that is not strict: a plateau that looks like the end. Ten times larger weights shorten it by 10^(L−2).",
  breaks:
    "Adapted steps (claim C4) leave in a time that hardly depends on the slope; skip connections and larger initial weights begin elsewhere.",
  reading: ["Lee, Simchowitz, Jordan & Recht, COLT (2016)", "Shamir, COLT (2019)"],
  parameters: z.object({ starts: scaled(1000, 50, "random starts around each saddle") }),
  found: z.object({
    steps: z.array(z.tuple([z.number(), z.number()])),
    left: z.array(z.number()),
    way: z.array(z.number()),
  }),
  measure({ starts }, _part, { random }) {
    const stepsFrom = (depth: number, w: number) =>
      stepsUntil({ on: chain.with({ n: depth }), by, from: new Float64Array(depth).fill(w) }, isHalfWay);
    return {
      steps: SETTINGS.map(({ depth, from }): [number, number] => [
        stepsFrom(depth, from),
        stepsFrom(depth, from / CLOSER),
      ]),
      left: SETTINGS.map(({ depth }) => {
        const on = chain.with({ n: depth });
        let left = 0;
        for (let i = 0; i < starts; i++) {
          const direction = random.normalVector(depth);
          const from = direction.map((x) => (NEAR * x) / norm2(direction));
          if (!Number.isNaN(stepsUntil({ on, by, from }, isHalfWay, PATIENCE))) left++;
        }
        return left / starts;
      }),
      way: PLACES.map((w) => stepsFrom(3, w)),
    };
  },
  conclude([{ steps, left, way }]) {
    const [, three] = SETTINGS;
    return {
      evidence: [
        ...SETTINGS.map((setting, i) => {
          const [far, near] = steps[i];
          return weigh({
            name: `steps more from ten times closer than wᵢ = ${setting.from}, L = ${setting.depth}, η = ${LR}`,
            measured: near - far,
            law: equals(stepsMore(setting)),
            rival: equals(STRICT),
            allowed: 2,
          });
        }).toReversed(),
        weigh({
          name: `order in 1/r of the steps to product ½, L = 3, from wᵢ = ${three.from} to ${three.from / CLOSER}`,
          measured: Math.log10(steps[1][1] / steps[1][0]),
          law: equals(1),
          rival: equals(Math.log10(Math.log(CLOSER / three.from) / Math.log(1 / three.from))),
          allowed: 0.01,
        }),
        ...SETTINGS.map(({ depth }, i) =>
          weigh({
            name: `share of random starts at distance ${NEAR} that leave within ${PATIENCE} steps, L = ${depth}`,
            measured: left[i],
            law: equals(depth === 2 ? 1 : 0),
            rival: equals(1),
          }),
        ),
      ],
      picture: {
        title: "Leaving the origin of a deep linear network",
        description: "Steps from weights that are all alike to a product of ½ against that weight, three layers.",
        x: { title: "w", scale: "log" },
        y: { title: "steps", scale: "log" },
        law: [{ name: "1/ηw", x: PLACES, y: PLACES.map((w) => 1 / (LR * w)) }],
        rival: [
          {
            name: "logarithm, as of two layers",
            x: PLACES,
            y: PLACES.map((w) => Math.log(Math.SQRT1_2 / w) / Math.log(1 + LR)),
          },
        ],
        measured: [{ name: "", x: PLACES, y: way }],
      },
    };
  },
});

/** Of the picture. */
const PLACES = Array.from({ length: 9 }, (_, i) => 10 ** (-3 + i / 4));
