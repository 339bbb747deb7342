import { z } from "zod";
import { curvaturesAt, type KindName, KINDS, kindOf, signsOf } from "../../dynamics/critical/classify.ts";
import { POWER_ZOO } from "../../dynamics/critical/power-zoo.ts";
import { inBall } from "../../optimizers/perturbed-gradient-descent.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { hessianAt } from "../hessian-at.ts";
import { groundOf } from "../random-matrices/critical-point.ts";

/** Radius of the ball in which a function is looked at. */
const RADIUS = 0.5;
/** Where the degenerate ones are drawn. */
const DRAWN = Array.from({ length: 41 }, (_, i) => (i - 20) / 20);

const isDegenerate = (name: KindName) => name === "degenerate";

export const signsOfCurvature = defineClaim({
  id: "A4",
  topic: "geometry",
  statement:
    "The signs of the curvatures tell minima, maxima and saddles apart, unless some are 0 and the others of one sign.",
  says: "law",
  law: "H ≻ 0 ⇒ strict minimum, H ≺ 0 ⇒ strict maximum, both signs ⇒ saddle; where H is singular and of one sign nothing follows: x⁴, x³ and −x⁴ all have H = 0",
  rival: "they tell in any case, H ⪰ 0 being a minimum",
  source: "the second-order conditions: Nocedal & Wright 2006, theorems 2.3 and 2.4",
  why: "Beside a curvature that is not 0 all higher orders are small.",
  means:
    "The flat directions that symmetries of a network bring must be known before a point is called a minimum; other zeros leave it open, and `critical` says degenerate.",
  breaks: "Where curvature 0 cannot be told from rounding; and on real data most curvatures of a network are nearly 0.",
  reading: ["Nocedal & Wright, Numerical Optimization (2006), section 2.1"],
  notOnNetworks:
    "is about points where the gradient is 0, which the weights in a file are not; `critical` looks for such points of a network and says what they are",
  parameters: z.object({ points: scaled(20_000, 1000, "points around each critical point") }),
  found: z.array(
    z.object({
      told: z.enum(KINDS.map(({ name }) => name)).describe("What the signs of the curvatures say."),
      is: z.enum(["minimum", "maximum", "saddle"]).describe("What the values around it say."),
    }),
  ),
  async measure({ points }, _part, { random, context }) {
    const found = [];
    for (const { name, on } of POWER_ZOO) {
      const own = random.split(name);
      const zero = new Float64Array(on.dimension);
      const ground = groundOf({ ...on, hessian: (x) => hessianAt(on, x) });
      const curvatures = await curvaturesAt(ground, zero, { reach: 1, lossAtStart: 1 }, own.split("grain"), context);
      found.push({ told: kindOf(signsOf(curvatures, 0)), is: kindAround(on, points, own) });
    }
    return found;
  },
  conclude: ([found]) => ({
    // Those first of which the laws differ.
    evidence: POWER_ZOO.map(({ name, kind }, i) =>
      weigh({
        name: `what the signs of the curvatures tell of ${name} at 0, by its values a ${found[i].is}: 1 this, 0 nothing, −1 another kind`,
        measured: isDegenerate(found[i].told) ? 0 : found[i].told === found[i].is ? 1 : -1,
        law: equals(isDegenerate(kind) ? 0 : 1),
        rival: equals(1),
      }),
    ).toSorted((a, b) => a.law.value - b.law.value),
    picture: {
      title: "Three functions whose curvature at 0 is 0",
      description:
        "Values of x⁴, x³ and −x⁴: a minimum, neither, and a maximum. Their Hessian, 0, promises a constant.",
      x: { title: "x" },
      y: { title: "f(x)" },
      law: [],
      rival: [{ name: "½x·0·x", x: [-1, 1], y: [0, 0] }],
      measured: POWER_ZOO.filter(({ kind, on }) => isDegenerate(kind) && on.dimension === 1).map(({ name, on }) => ({
        name,
        x: DRAWN,
        y: DRAWN.map((x) => on.value(Float64Array.of(x))),
        as: "line",
      })),
    },
  }),
});

/** What values around 0 say: all above, all below, or some of both. */
function kindAround(on: Objective, points: number, random: RandomStream): "minimum" | "maximum" | "saddle" {
  let [above, below] = [0, 0];
  for (let i = 0; i < points; i++) {
    const value = on.value(inBall(on.dimension, RADIUS, random));
    if (value > 0) above++;
    if (value < 0) below++;
  }
  if (below === 0) return "minimum";
  return above === 0 ? "maximum" : "saddle";
}
