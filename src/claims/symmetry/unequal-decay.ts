import { z } from "zod";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { withDecay } from "./two-units.ts";

/** (v₁, w₁, v₂, w₂) in numbers that binary fractions hold, so that the loss is exact. */
const HERE = Float64Array.of(2, 1.5, 0.5, -0.25);
const THERE = Float64Array.of(0.5, -0.25, 2, 1.5);
const PRODUCT = HERE[0] * HERE[1] + HERE[2] * HERE[3];
const DECAYS = [
  [0.25, 0.25],
  [0.5, 0.25],
  [1, 0.25],
] as const;

const square = (v: number, w: number) => v * v + w * w;

export const unequalDecay = defineClaim({
  id: "E5",
  topic: "symmetry",
  statement: "Weight decay that is not the same for every unit tells permuted copies apart.",
  says: "law",
  law: "with the penalty Σ μᵢ‖θᵢ‖² exchanging two units changes the loss by (μ₁ − μ₂)(‖θ₁‖² − ‖θ₂‖²)",
  rival: "copies have the same loss, whatever the penalty: the difference is 0",
  source: "algebra; permutations of units as symmetries: Hecht-Nielsen 1990",
  why: "The function does not know the order of its units, and a penalty by units does.",
  means:
    "A penalty or a step size by unit makes one order of the units the best, and minima comparable without matching.",
  breaks: "Where all μᵢ are the same, or the units are as long as each other, the copies stay alike.",
  reading: ["Hecht-Nielsen, Advanced Neural Computers (1990)"],
  parameters: z.object({}),
  found: z.array(z.number()),
  measure: () =>
    DECAYS.map((decays) => {
      const { value } = withDecay(PRODUCT, decays);
      return value(HERE) - value(THERE);
    }),
  conclude([found]) {
    const longer = square(HERE[0], HERE[1]) - square(HERE[2], HERE[3]);
    const differences = DECAYS.map(([first, second]) => first - second);
    return {
      evidence: DECAYS.map(([first, second], i) =>
        weigh({
          name: `loss less that of the copy, μ = (${first}, ${second})`,
          measured: found[i],
          law: equals((first - second) * longer),
          rival: equals(0),
        }),
      ).toReversed(),
      picture: {
        title: "What a penalty by unit makes of two copies",
        description: "Loss of a network less that of its copy against the difference of the penalties.",
        x: { title: "μ₁ − μ₂" },
        y: { title: "difference of the losses" },
        law: [{ name: "", x: differences, y: differences.map((each) => each * longer) }],
        rival: [{ name: "alike", x: differences, y: differences.map(() => 0) }],
        measured: [{ name: "", x: differences, y: found }],
      },
    };
  },
});
