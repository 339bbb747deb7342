import { z } from "zod";
import { normalCdf } from "../../linalg/distributions.ts";
import { norm2 } from "../../linalg/vector.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { layerSlopes, share, unitGradient } from "./rectified-units.ts";

const RELU = { slope: 0 };
const LEAKY = { slope: 0.01 };
const BIASES = [0, 0.5, 1, 2];
/** Normal points, in as many dimensions as the weights of a unit have. */
const [POINTS, DIMENSION] = [4, 5];
const [WIDTH, DEPTH] = [3, 10];
/** Intervals of the integral over ‖w‖, up to a length that nothing exceeds. */
const [INTERVALS, LONGEST] = [4000, 12];

/** E Φ(−b/‖w‖)ⁿ, ‖w‖ the length of a vector of standard normal numbers, by the midpoints of intervals. */
function deadChance(bias: number): number {
  let [sum, weights] = [0, 0];
  for (let i = 0; i < INTERVALS; i++) {
    const r = ((i + 0.5) * LONGEST) / INTERVALS;
    const density = r ** (DIMENSION - 1) * Math.exp((-r * r) / 2);
    sum += density * normalCdf(-bias / r) ** POINTS;
    weights += density;
  }
  return sum / weights;
}

export const curesOfDeath = defineClaim({
  id: "E7",
  topic: "symmetry",
  statement: "Leaky units and positive biases keep ReLU networks from dying.",
  says: "law",
  law: "below 0 the slope of a leaky unit is a times that of a linear one, never 0; with normal weights w, a bias b and n normal points P(dead) = E Φ(−b/‖w‖)ⁿ, which falls with b",
  rival: "units die as often as plain ones without bias: P = 2⁻ⁿ, and 1 − (1 − 2⁻ᴺ)ᴸ in a net",
  source: "Maas, Hannun & Ng 2013; given w the sums are independent and normal",
  why: "A slope that is small is still a slope; and a sum that begins above 0 is on more often.",
  means:
    "A bias of the size of ‖w‖ makes dead units at the start rare; what dies in training has no gradient to come back by, unless it leaks.",
  breaks: "A slope of 0.01 a layer is 10⁻²⁰ after ten: not 0, and no gradient to train with either.",
  reading: [
    "Maas, Hannun & Ng, ICML workshop (2013)",
    "Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.3.1",
  ],
  parameters: z.object({ draws: scaled(400_000, 20_000, "random units and networks") }),
  found: z.object({ biased: z.array(z.number()), leaky: z.number(), slope: z.number(), plain: z.number() }),
  measure({ draws }, _part, { random }) {
    const drawn = () => ({ rows: Array.from({ length: POINTS }, () => random.normalVector(DIMENSION)) });
    const biased = BIASES.map((bias) =>
      share(draws, () => unitGradient(random.normalVector(DIMENSION), bias, drawn(), RELU).every((g) => g === 0)),
    );
    const stops = (rectifier: typeof RELU) => share(draws, () => layerSlopes(WIDTH, DEPTH, rectifier, random)[0] === 0);
    // A point where the sum is just below 0, and the error 1 in either unit to nine digits.
    const w = random.normalVector(DIMENSION);
    const point = { rows: [w.map((x) => (-1e-9 * x) / norm2(w))] };
    const [linear, leaking] = [{ slope: 1 }, LEAKY].map((each) => norm2(unitGradient(w, 0, point, each)));
    return { biased, leaky: stops(LEAKY), plain: stops(RELU), slope: leaking / linear };
  },
  conclude([{ biased, leaky, slope, plain }], { draws }) {
    const error = (p: number) => Math.sqrt((p * (1 - p)) / draws);
    const dead = 1 - (1 - 2 ** -WIDTH) ** DEPTH;
    const fine = Array.from({ length: 41 }, (_, i) => i / 20);
    return {
      evidence: [
        ...BIASES.map((bias, i) => {
          const law = deadChance(bias);
          return weigh({
            name: `P(a unit is dead on ${POINTS} normal points), bias ${bias}, ${DIMENSION} weights`,
            measured: biased[i],
            standardError: error(law),
            law: equals(law),
            rival: equals(2 ** -POINTS),
            allowed: 3 * error(law),
          });
        }).toReversed(),
        weigh({
          name: `P(the first layer has no gradient), leaky, ${DEPTH} layers of ${WIDTH}`,
          measured: leaky,
          law: equals(0),
          rival: equals(dead),
        }),
        weigh({
          name: "the same with plain units",
          measured: plain,
          standardError: error(dead),
          law: equals(dead),
          rival: equals(dead),
          allowed: 3 * error(dead),
        }),
        weigh({
          name: `gradient of a leaky unit just below 0 over that of a linear one, a = ${LEAKY.slope}`,
          measured: slope,
          law: equals(LEAKY.slope),
          rival: equals(0),
          allowed: 1e-8,
        }),
      ],
      picture: {
        title: "How often a unit with a bias is dead",
        description: `Share of units without gradient on ${POINTS} normal points against the bias, ${DIMENSION} normal weights.`,
        x: { title: "b" },
        y: { title: "P(dead)", scale: "log" },
        law: [{ name: "", x: fine, y: fine.map(deadChance) }],
        rival: [{ name: "2⁻ⁿ", x: [0, 2], y: [2 ** -POINTS, 2 ** -POINTS] }],
        measured: [{ name: "", x: BIASES, y: biased, error: biased.map(error) }],
      },
    };
  },
});
