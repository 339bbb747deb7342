import { z } from "zod";
import { filtersOf } from "../../landscape/filters.ts";
import { lossesAt } from "../../landscape/losses.ts";
import { filterNormalization } from "../../landscape/normalizations/filter.ts";
import { normalized } from "../../landscape/normalize.ts";
import { dot } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { Problem } from "../../problem/problem.ts";
import { type ClaimDesk, defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, equals, type Evidence, weigh } from "../claim/evidence.ts";
import { openNet, rows } from "../open-net.ts";
import { randomFactors, scalingsOf } from "../random-scaling.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** Of the claim's own networks. */
const [INPUTS, OUTPUTS] = [4, 3];
const EXAMPLES = 40;
/** Where the loss is looked at along the direction. */
const STEPS = Array.from({ length: 13 }, (_, i) => (i - 6) / 6);
/** On a network that was given, where each costs a pass over its data. */
const FEW_STEPS = [-1, -0.5, 0, 0.5, 1];
/** By which all units of a layer are scaled. */
const WHOLE = 10;
/** Times that random factors are drawn. */
const DRAWS = 3;
/** Relative change of a loss that is rounding: here, and on networks of any depth. */
const ROUNDING = 1e-12;
const ROUNDING_GIVEN = { float32: 1e-2, float64: 1e-8 };
/** What single units must change the picture by. */
const SEEN = 0.01;

const onePicture = z.array(z.number());
const found = z.object({ plain: onePicture, whole: onePicture, units: z.array(onePicture) });
type Found = z.output<typeof found>;

export const filterNormalised = defineClaim({
  id: "F6",
  topic: "flatness",
  statement:
    "Filter normalisation brings directions to the scale of the Hessian, so that the scales of the weights do not show in the picture.",
  says: "rival",
  law: "d_ij ← d_ij ‖θ_ij‖/‖d_ij‖ knows the length of each filter and no Hessian: (αW₁, W₂/α) leaves the picture as it is, other factors for single units change it, and its curvature is proportional to the loss",
  rival:
    "a direction in units of the Hessian, dᵢ ∝ 1/√Hᵢᵢ, goes with every scale of every weight: single units change the picture no more than whole layers, and a loss that is N times as steep gives the curvature that it gave",
  source: "Li, Xu, Taylor, Studer & Goldstein 2018, section 4; Dinh, Pascanu, Bengio & Bengio 2017 for the rescaling",
  why: "The normalisation was made so that networks whose layers differ by a factor have one picture, and that factor is the one which people try.",
  means:
    "Two filter-normalised pictures compare networks only where the units of a layer are of one length; the numbers beside a picture are those to compare.",
  breaks:
    "Where outputs of layers of different scales are joined, a filter sees several factors, and the picture changes with whole layers, too.",
  reading: [
    "Li, Xu, Taylor, Studer & Goldstein, NeurIPS 31 (2018)",
    "Dinh, Pascanu, S. Bengio & Y. Bengio, ICML (2017)",
  ],
  parameters: z.object({ networks: scaled(5, 1, "networks") }),
  parts: ({ networks }) => networks,
  found: found.extend({ steepened: z.number() }),
  async measure(_options, part, desk) {
    const { random, runtime } = desk;
    const x = rows(random.normalVector(EXAMPLES * INPUTS), INPUTS);
    const y = rows(random.normalVector(EXAMPLES * OUTPUTS), OUTPUTS);
    await using problem = openNet(`mlp:${INPUTS}-8-6-${OUTPUTS}:relu@${part}`, { x, y }, runtime);
    const drawn = random.normalVector(problem.space.dimension);
    return {
      ...(await pictures(problem, { steps: STEPS, drawn }, desk)),
      steepened: await steepening(problem, drawn, desk),
    };
  },
  conclude(all) {
    const [{ plain, whole, units }] = all;
    return {
      evidence: [
        ...evidenceOf(all, ROUNDING),
        ...all.map(({ steepened }, i) =>
          weigh({
            name: `curvature of the picture where the loss is the sum of ${EXAMPLES * OUTPUTS} terms, over that where it is their mean, network ${i + 1}`,
            measured: steepened,
            law: equals(EXAMPLES * OUTPUTS),
            rival: equals(1),
            allowed: 1e-9,
          }),
        ),
      ],
      picture: {
        title: "One function, one direction, three filter-normalised pictures",
        description: `Loss along a filter-normalised direction: a layer times ${WHOLE} lies on the line, single units times random factors do not.`,
        x: { title: "steps along the direction" },
        y: { title: "loss" },
        law: [{ name: "the network", x: STEPS, y: plain }],
        rival: [],
        measured: [
          { name: `its layers times ${WHOLE}`, x: STEPS, y: whole },
          { name: "single units times random factors", x: STEPS, y: units[0], as: "line" },
        ],
      },
    };
  },
  network: {
    measures: "how its filter-normalised picture changes when layers and single units are rescaled",
    async measure({ problem }, desk) {
      // Rounding is what whole layers are told from single units by.
      const precise = problem.inFloat64 ?? problem;
      const drawn = desk.random.normalVector(precise.space.dimension);
      const one = await pictures(precise, { steps: FEW_STEPS, drawn }, desk);
      return { evidence: evidenceOf([one], ROUNDING_GIVEN[precise.options.precision]), picture: null };
    },
  },
});

/** What the rescaled pictures of some networks say. */
function evidenceOf(all: readonly Found[], rounding: number): Evidence[] {
  const changes = all.map(({ plain, whole, units }) => ({
    whole: change(plain, whole),
    units: units.map((each) => change(plain, each)),
  }));
  return changes.flatMap(({ whole, units }, i) => [
    ...units.map((measured, draw) =>
      weigh({
        name: `relative change of the picture by random factors for single units, network ${i + 1}, draw ${draw + 1}`,
        measured,
        law: atLeast(SEEN),
        rival: equals(0),
        allowed: rounding,
      }),
    ),
    weigh({
      name: `change of the picture by ${WHOLE} for whole layers, over the least by single units (1 where that is more), network ${i + 1}`,
      measured: whole / Math.min(1, minOf(units)),
      law: equals(0),
      rival: equals(1),
      allowed: rounding,
    }),
  ]);
}

/** Largest difference of two pictures, relative to the highest loss of the first. */
function change(plain: readonly number[], other: readonly number[]): number {
  return maxOf(plain.map((each, i) => Math.abs(other[i] - each))) / maxOf(plain);
}

interface Drawn {
  readonly steps: readonly number[];
  /** A direction before it is normalised. */
  readonly drawn: Float64Array;
}

/** Losses along a random filter-normalised direction, at the weights and at rescalings of them that leave the function as it is. */
async function pictures(problem: Problem, { steps, drawn }: Drawn, { random, context }: ClaimDesk): Promise<Found> {
  const home = problem.point.parameters;
  const scaling = scalingsOf(problem);
  const filters = filtersOf(problem);
  const picture = async (theta: Float64Array): Promise<number[]> => {
    const direction = normalized(drawn, theta, filters, filterNormalization, false);
    const at = (i: number) => theta.map((each, k) => each + steps[i] * direction[k]);
    const { loss } = await lossesAt(problem, steps.length, at, context);
    return loss.map((each) => each ?? Number.NaN);
  };
  const plain = await picture(home);
  const whole = await picture(scaling((count) => new Float64Array(count).fill(WHOLE))(home));
  const single = [];
  for (let i = 0; i < DRAWS; i++) single.push(await picture(scaling(randomFactors(random))(home)));
  return { plain, whole, units: single };
}

/** The curvature of the picture where the loss is a sum over that where it is a mean. */
async function steepening(problem: Problem, drawn: Float64Array, { context }: ClaimDesk): Promise<number> {
  const { model, dataset, runtime, options } = problem;
  await using summed = Problem.open(model, dataset, runtime, { ...options, reduction: "sum" });
  const curvatureOf = async (of: Problem): Promise<number> => {
    const direction = normalized(drawn, of.point.parameters, filtersOf(of), filterNormalization, false);
    const [product] = await of.point.product(hessianProduct, [direction], context);
    return dot(direction, product);
  };
  return (await curvatureOf(summed)) / (await curvatureOf(problem));
}
