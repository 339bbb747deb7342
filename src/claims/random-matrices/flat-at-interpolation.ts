import { z } from "zod";
import { levenbergMarquardt } from "../../optimizers/levenberg-marquardt.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { atLeast, equals, weigh } from "../claim/evidence.ts";
import { openNet, rows } from "../open-net.ts";
import { trainedWeights } from "./trained-weights.ts";
import { semicircleBelow } from "./goe.ts";
import { networkCurvatures } from "./network-curvatures.ts";
import { maxOf } from "../../util/extremes.ts";

/** Networks between four inputs and some outputs, C. */
const NETS = [
  { net: "mlp:4-10-1:tanh", outputs: 1 },
  { net: "mlp:4-8-3:tanh", outputs: 3 },
] as const;
const INPUTS = 4;
const EXAMPLES = 6;
/** Loss at which all examples are met, and curvature that is none. */
const [INTERPOLATED, NONE] = [1e-15, 1e-7];
const STEPS = 300;
/** On a network that was given: curvatures below this share of the largest, and how many are to be so small. */
const [SMALL, MOST_OF_THEM] = [1 / 20, 1 / 2];

export const flatAtInterpolation = defineClaim({
  id: "B11",
  topic: "random-matrices",
  statement: "The Hessian of a trained network has a bulk at zero and a few outliers.",
  says: "law",
  law: "where squared errors are all 0, H = 2JᵀJ/(nC): at most nC of the P curvatures are not 0, none is negative",
  rival: "a matrix without structure: no curvature is 0, half of them are negative",
  source: "Sagun, Bottou & LeCun 2016, who observed it; the rank of JᵀJ is nC at most",
  why: "What the outputs do not notice costs nothing, and there are more parameters than outputs to notice them.",
  means: "Most directions of an overparametrised network are free: what is said of curvature is said of a few.",
  breaks:
    "Away from interpolation the residuals bend the loss in other directions, too, and weight decay adds to all curvatures alike.",
  reading: [
    "Sagun, Bottou & LeCun, arXiv:1611.07476 (2016)",
    "Papyan, arXiv:1811.07062 (2018)",
    "Ghorbani, Krishnan & Xiao, ICML (2019)",
  ],
  parameters: z.object({ networks: scaled(10, 1, "networks of each kind") }),
  parts: ({ networks }) => NETS.length * networks,
  found: z.object({ values: z.array(z.number()), before: z.number() }),
  async measure(_options, part, desk) {
    const { random, runtime, context } = desk;
    const { net, outputs } = NETS[part % NETS.length];
    const x = rows(random.normalVector(EXAMPLES * INPUTS), INPUTS);
    const y = rows(random.normalVector(EXAMPLES * outputs), outputs);
    await using problem = openNet(`${net}@${part}`, { x, y }, runtime);
    const end = await trainedWeights(
      problem,
      { by: levenbergMarquardt.with({}), steps: STEPS, enough: INTERPOLATED },
      desk,
    );
    const before = await networkCurvatures(problem, problem.point.parameters, context);
    const { values } = await networkCurvatures(problem, end, context);
    return { values: [...values], before: before.values.filter((value) => Math.abs(value) > NONE).length };
  },
  conclude(all) {
    const shown = all.slice(0, NETS.length).map(({ values }) => values.toReversed().map(Math.abs));
    return {
      evidence: [
        ...all.map(({ values }, i) => {
          const { net, outputs } = NETS[i % NETS.length];
          return weigh({
            name: `curvatures above ${NONE} in size of ${values.length}, ${net}, n = ${EXAMPLES}, network ${Math.floor(i / NETS.length) + 1}`,
            measured: values.filter((value) => Math.abs(value) > NONE).length,
            law: equals(EXAMPLES * outputs),
            rival: equals(values.length),
          });
        }),
        ...NETS.map(({ net }, k) =>
          weigh({
            name: `curvatures below −${NONE}, the most of any network ${net}`,
            measured: maxOf(
              all.filter((_, i) => i % NETS.length === k).map(({ values }) => values.filter((v) => v < -NONE).length),
            ),
            law: equals(0),
            rival: equals(all[k].values.length / 2),
          }),
        ),
        ...NETS.map(({ net, outputs }, k) =>
          weigh({
            name: `curvatures above ${NONE} in size before training, ${net}`,
            measured: all[k].before,
            law: atLeast(EXAMPLES * outputs + 1),
          }),
        ),
      ],
      picture: {
        title: "Curvatures of networks that have met all of their examples",
        description: "Sizes of all curvatures, the largest first; those that are 0 but for rounding lie far below.",
        x: { title: "rank" },
        y: { title: "size", scale: "log" },
        law: NETS.map(({ net, outputs }, k) => ({
          name: net,
          x: [EXAMPLES * outputs + 0.5, EXAMPLES * outputs + 0.5],
          y: [1e-17, maxOf(shown[k])],
        })),
        rival: [],
        measured: NETS.map(({ net }, k) => ({
          name: net,
          x: shown[k].map((_, i) => i + 1),
          y: shown[k].map((size) => Math.max(size, 1e-17)),
        })),
      },
    };
  },
  network: {
    measures: "which share of its curvatures is less than a twentieth of the largest",
    async measure({ problem }, { context }) {
      const precise = problem.inFloat64 ?? problem;
      const { values } = await networkCurvatures(precise, precise.point.parameters, context);
      const largest = Math.max(values[values.length - 1], -values[0]);
      return {
        evidence: [
          weigh({
            name: `share of ${values.length} curvatures that are below a twentieth of the largest`,
            measured: values.filter((value) => Math.abs(value) < SMALL * largest).length / values.length,
            law: atLeast(MOST_OF_THEM),
            rival: equals(2 * semicircleBelow(2 * SMALL) - 1),
          }),
        ],
        picture: null,
      };
    },
  },
});
