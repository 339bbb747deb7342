import { z } from "zod";
import { exactSpectrum } from "../../estimators/exact-spectrum.ts";
import { estimateTrace } from "../../estimators/trace.ts";
import { lossesAt } from "../../landscape/losses.ts";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { productOperator } from "../../operators/problem-operators.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Problem } from "../../problem/problem.ts";
import { type ClaimDesk, type Conclusion, defineClaim, type DeskWithEngine, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { descentOnNetwork, sharpnessAt } from "../descent-on-network.ts";
import { openNet, rows } from "../open-net.ts";

/** How far each slice goes to both sides, in directions of unit variance: where its parabola is all there is. */
const REACH = 1e-3;
/** Inputs whose columns, and a column of ones, are at right angles to each other and of one length. */
const CORNERS = [0, 1, 2, 3, 4, 5, 6, 7];
/** Of the network whose curvatures differ; it is trained for so many steps of this size. */
const [INPUTS, OUTPUTS, EXAMPLES] = [4, 3, 60];
const TRAINING = { lr: 0.1, steps: 500 };
/** Slices of a network that was given; and what its trace is to be known to. */
const [SLICES_GIVEN, TOLERANCE] = [100, 0.02];

const found = z.object({
  parameters: z.number(),
  trace: z.number(),
  largest: z.number(),
  curvatures: z.array(z.number()).describe("dᵀHd of each slice, over the number of parameters."),
});

export const randomSlice = defineClaim({
  id: "F7",
  topic: "flatness",
  statement: "A slice of the loss along a random direction shows whether a minimum is wide or sharp.",
  says: "rival",
  law: "E dᵀHd = tr H for directions d of unit variance: a random slice has the mean of all curvatures, tr H/P a unit of length, whatever λmax is",
  rival: "a slice is as sharp as the minimum: its curvature a unit of length is λmax",
  condition: "all curvatures are alike, so that their mean is the largest",
  source:
    "Hutchinson 1989, for the mean; Li, Xu, Taylor, Studer & Goldstein 2018, section 5, for what slices are read as",
  why: "A picture of the loss along one or two random directions is what people see of a minimum.",
  means:
    "A network with a million weights looks flat along nearly every direction, though a step along its sharpest one leaves the valley: read λmax from a number, not from a picture.",
  breaks:
    "Where a handful of weights or equal curvatures are all there is, a slice is what it seems; directions that are not random, as the gradient, lean on the large curvatures.",
  reading: [
    "Li, Xu, Taylor, Studer & Goldstein, NeurIPS 31 (2018)",
    "Hutchinson, Commun. Stat. Simul. Comput. 18, 1059 (1989)",
  ],
  parameters: z.object({ slices: scaled(1000, 200, "slices of each network") }),
  parts: () => 2,
  found,
  async measure({ slices }, part, desk) {
    const { random, context } = desk;
    await using start = part === 0 ? unevenNet(desk) : evenNet(desk);
    const { end } =
      part === 0 ? await descentOnNetwork(start, TRAINING, { random, context }) : { end: start.point.parameters };
    await using point = start.at(end);
    const { values } = await exactSpectrum(productOperator(point, hessianProduct, context), {}, context);
    return {
      parameters: end.length,
      trace: values.reduce((sum, each) => sum + each, 0),
      largest: values[values.length - 1],
      curvatures: await sliceCurvatures(start, end, slices, { random, context }),
    };
  },
  conclude([uneven, even]) {
    const weighed = ({ parameters, trace, largest, curvatures }: z.output<typeof found>, about: string) => {
      const { value, standardError } = sampleMean(Float64Array.from(curvatures));
      return weigh({
        name: `mean curvature of ${curvatures.length} random slices a unit of length, ${about}, over λmax`,
        measured: value / largest,
        standardError: standardError / largest,
        law: equals(trace / parameters / largest),
        rival: equals(1),
        allowed: (3 * standardError) / largest,
      });
    };
    const sorted = uneven.curvatures.toSorted((a, b) => a - b);
    const shares = sorted.map((_, i) => (i + 1) / sorted.length);
    return {
      evidence: [
        weighed(uneven, `a trained network of ${uneven.parameters} weights`),
        weighed(even, `a linear network of ${even.parameters} weights on inputs at right angles`),
      ],
      picture: {
        title: "What random slices see",
        description: `Share of random slices through a trained network that are no sharper than a curvature; λmax stands to the right.`,
        x: { title: "curvature of the slice a unit of length" },
        y: { title: "share of slices" },
        law: [{ name: "tr H/P", x: [uneven.trace / uneven.parameters, uneven.trace / uneven.parameters], y: [0, 1] }],
        rival: [{ name: "λmax", x: [uneven.largest, uneven.largest], y: [0, 1] }],
        measured: [{ name: "", x: sorted, y: shares, as: "steps" }],
      },
    };
  },
  network: {
    measures: "the curvature of random slices of its loss, beside λmax",
    measure: ({ problem }, desk) => slicesOf(problem, desk),
  },
});

/** A network on data of its own, whose curvatures differ. */
function unevenNet({ random, runtime }: DeskWithEngine): Problem {
  const x = rows(random.normalVector(EXAMPLES * INPUTS), INPUTS);
  const y = rows(random.normalVector(EXAMPLES * OUTPUTS), OUTPUTS);
  return openNet(`mlp:${INPUTS}-12-${OUTPUTS}:tanh`, { x, y }, runtime);
}

/** A linear network on the corners ±1 at right angles to each other: H = 2XᵀX/n = 2I, offset included. */
function evenNet({ random, runtime }: DeskWithEngine): Problem {
  const width = CORNERS.length - 1;
  // (−1)^(bits that i and j + 1 share): rows and columns of Sylvester's matrix, without the one that is all ones.
  const bits = (i: number) => (i & 1) + ((i >> 1) & 1) + ((i >> 2) & 1);
  const x = CORNERS.flatMap((i) => Array.from({ length: width }, (_, j) => 1 - 2 * (bits(i & (j + 1)) % 2)));
  const y = random.normalVector(CORNERS.length);
  return openNet(`mlp:${width}-1`, { x: rows(Float64Array.from(x), width), y: rows(y, 1) }, runtime);
}

/** (L(θ + hd) − 2L(θ) + L(θ − hd))/h²P of slices along random directions d of unit variance. Cost: two passes each. */
async function sliceCurvatures(
  problem: Problem,
  home: Float64Array,
  slices: number,
  { random, context }: ClaimDesk,
): Promise<number[]> {
  const [middle] = (await lossesAt(problem, 1, () => home, context)).loss;
  const curvatures = [];
  for (let i = 0; i < slices; i++) {
    const direction = random.normalVector(home.length);
    const { loss } = await lossesAt(
      problem,
      2,
      (side) => home.map((each, k) => each + (side === 0 ? REACH : -REACH) * direction[k]),
      context,
    );
    const [above, below] = loss;
    curvatures.push(
      ((above ?? Number.NaN) + (below ?? Number.NaN) - 2 * (middle ?? Number.NaN)) / REACH ** 2 / home.length,
    );
  }
  return curvatures;
}

/** Slices of a network that was given, beside its trace and its largest curvature. */
async function slicesOf(problem: Problem, desk: ClaimDesk): Promise<Conclusion> {
  const { random, context } = desk;
  // Second differences of small steps are beyond what float32 holds.
  const precise = problem.inFloat64 ?? problem;
  const { point } = precise;
  const hessian = productOperator(point, hessianProduct, context);
  const trace = await estimateTrace(hessian, { tolerance: TOLERANCE }, random.split("trace"), context);
  const largest = await sharpnessAt(precise, { random, context });
  const curvatures = await sliceCurvatures(precise, point.parameters, SLICES_GIVEN, desk);
  const { value, standardError } = sampleMean(Float64Array.from(curvatures));
  const error = Math.hypot(standardError, trace.standardError / point.dimension) / largest;
  return {
    evidence: [
      weigh({
        name: `mean curvature of ${SLICES_GIVEN} random slices a unit of length, over λmax`,
        measured: value / largest,
        standardError: error,
        law: equals(trace.value / point.dimension / largest),
        rival: equals(1),
        allowed: 3 * error,
      }),
    ],
    picture: null,
  };
}
