import { z } from "zod";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { deadLayer } from "./dead-layer.ts";
import { layerSlopes, type Points, share, unitGradient } from "./rectified-units.ts";
import { maxOf } from "../../util/extremes.ts";

const RELU = { slope: 0 };
/** Numbers of orthogonal points. */
const COUNTS = [2, 4, 6, 8];
/** Units of a layer, and the numbers of layers. */
const WIDTH = 3;
const DEPTHS = [1, 3, 10];
/** Points in three dimensions, as many as may leave room for a dead unit. */
const SCATTERED = 8;

/** Σ_{k<d} C(n − 1, k)/2ⁿ⁻¹ (Wendel 1962). */
function halfSpaceChance(n: number, d: number): number {
  let [term, sum] = [1, 0];
  for (let k = 0; k < d; k++) {
    sum += term;
    term *= (n - 1 - k) / (k + 1);
  }
  return sum / 2 ** (n - 1);
}

/**
 * Whether points in three dimensions lie on one side of a plane through 0: then one of those planes through two of the points
 * has all others on one side.
 */
function isInHalfSpace(points: readonly Float64Array[]): boolean {
  return points.some((a, i) =>
    points.slice(i + 1).some((b, k) => {
      const across = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
      const sides = points
        .filter((_, at) => at !== i && at !== i + 1 + k)
        .map((p) => across[0] * p[0] + across[1] * p[1] + across[2] * p[2] > 0);
      return sides.every((side) => side === sides[0]);
    }),
  );
}

export const deadUnits = defineClaim({
  id: "E6",
  topic: "symmetry",
  statement: "A ReLU that is off on all examples has no gradient, and a layer of such units stops all gradients.",
  says: "law",
  law: "with symmetric weights and no bias P(dead) = 2⁻ⁿ on n orthogonal points; on one example a net of width N and L layers is dead with P = 1 − (1 − 2⁻ᴺ)ᴸ, all slopes exactly 0; n points in general position in d dimensions admit a dead unit with P = Σ_{k<d} C(n − 1, k)/2ⁿ⁻¹",
  rival: "P(dead) is ½ whatever n, 2⁻ᴺ whatever L, and any points admit a dead unit",
  source: "signs of independent symmetric numbers; Lu et al. 2019 for networks; Wendel 1962",
  why: "The derivative of ReLU is 0 below 0, and the chain rule multiplies.",
  means:
    "At the start wide layers on many examples are hardly ever dead; narrow and deep ones are. Units die in training, by steps that are too large, and do not come back.",
  breaks:
    "Biases above 0 and leaky units (claim E7); skip connections carry the gradient past a dead layer; other examples may wake a unit.",
  reading: ["Lu, Shin, Su & Karniadakis, arXiv:1903.06733 (2019)", "Wendel, Math. Scand. 11, 109 (1962)"],
  parameters: z.object({ draws: scaled(400_000, 20_000, "random units, networks and sets of points") }),
  found: z.object({
    units: z.array(z.number()),
    nets: z.array(z.number()),
    scattered: z.number(),
    lengthOfDead: z.number(),
  }),
  measure({ draws }, _part, { random }) {
    let lengthOfDead = 0;
    const nets = DEPTHS.map((depth) =>
      share(draws, () => {
        const lengths = layerSlopes(WIDTH, depth, RELU, random);
        const isDead = lengths[0] === 0;
        if (isDead) lengthOfDead = Math.max(lengthOfDead, maxOf(lengths));
        return isDead;
      }),
    );
    return {
      units: COUNTS.map((n) => {
        const points: Points = {
          rows: Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_x, j) => Number(i === j))),
        };
        return share(draws, () => unitGradient(random.normalVector(n), 0, points, RELU).every((g) => g === 0));
      }),
      nets,
      scattered: share(Math.ceil(draws / 10), () =>
        isInHalfSpace(Array.from({ length: SCATTERED }, () => random.normalVector(3))),
      ),
      lengthOfDead,
    };
  },
  conclude([{ units, nets, scattered, lengthOfDead }], { draws }) {
    const chance = (name: string, measured: number, law: number, rival: number, of = draws) => {
      const standardError = Math.sqrt((law * (1 - law)) / of);
      return weigh({
        name,
        measured,
        standardError,
        law: equals(law),
        rival: equals(rival),
        allowed: 3 * standardError,
      });
    };
    return {
      evidence: [
        ...COUNTS.map((n, i) =>
          chance(`P(a unit is dead on ${n} orthogonal points)`, units[i], 2 ** -n, 1 / 2),
        ).toReversed(),
        ...DEPTHS.map((depth, i) =>
          chance(
            `P(the first layer has no gradient), ${depth} layers of ${WIDTH}`,
            nets[i],
            1 - (1 - 2 ** -WIDTH) ** depth,
            2 ** -WIDTH,
          ),
        ),
        chance(
          `P(${SCATTERED} normal points in 3 dimensions admit a dead unit)`,
          scattered,
          halfSpaceChance(SCATTERED, 3),
          1,
          Math.ceil(draws / 10),
        ),
        weigh({
          name: "longest gradient of any layer in those networks",
          measured: lengthOfDead,
          law: equals(0),
        }),
      ],
      picture: {
        title: "How often a unit is dead",
        description: "Share of units without gradient against the number of orthogonal points.",
        x: { title: "points" },
        y: { title: "P(dead)", scale: "log" },
        law: [{ name: "2⁻ⁿ", x: COUNTS, y: COUNTS.map((n) => 2 ** -n) }],
        rival: [{ name: "½", x: COUNTS, y: COUNTS.map(() => 1 / 2) }],
        measured: [{ name: "", x: COUNTS, y: units }],
      },
    };
  },
  network: {
    measures: "the gradient of the biases of a layer of ReLU, with the layer as it is and with all its units off",
    measure: ({ problem }, desk) => deadLayer(problem, desk),
  },
});
