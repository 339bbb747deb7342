import { z } from "zod";
import { crossEntropy } from "../../problem/losses/cross-entropy.ts";
import { meanSquaredError } from "../../problem/losses/mean-squared-error.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { openNet, rows } from "../open-net.ts";
import { networkCurvatures } from "./network-curvatures.ts";
import { maxOf } from "../../util/extremes.ts";

/** Inputs of each example, and how far along the strong directions they spread, the others being 1. */
const [INPUTS, STRONG] = [7, 30];

/** Classes, strong directions of the inputs, and the loss. */
const SETTINGS = [
  { classes: 3, strong: 1, loss: "cross-entropy" },
  { classes: 4, strong: 1, loss: "cross-entropy" },
  { classes: 6, strong: 1, loss: "cross-entropy" },
  { classes: 4, strong: 2, loss: "cross-entropy" },
  { classes: 4, strong: 1, loss: "squared error" },
] as const;

type Setting = (typeof SETTINGS)[number];

/** As many for each strong direction as there are ways to tell classes apart, or outputs. */
const lawOf = ({ classes, strong, loss }: Setting) => strong * (loss === "cross-entropy" ? classes - 1 : classes);

export const outlierForEachClass = defineClaim({
  id: "B12",
  topic: "random-matrices",
  statement: "The Hessian of a classifier has about one outlier for each class.",
  says: "rival",
  law: "linear softmax at W = 0: H = (1/C)(I − 11ᵀ/C) ⊗ S, S = Σ xxᵀ/n: C − 1 outliers for each outlier of the inputs' S; of squared errors H ∝ I ⊗ S: C for each",
  rival: "C",
  condition: "squared errors, and one direction in which the inputs are much larger than in all others",
  source: "derived; Papyan 2019 for the class means in trained networks",
  why: "Each class has a row of the last layer, and the rows are seen one by one.",
  means:
    "How many outliers there are tells as much of the inputs as of the classes; the softmax takes one off, for it does not see what all classes share.",
  breaks:
    "It is exact for one layer at 0. Behind trained layers S is that of the features, and small networks have no gap after C or C − 1 curvatures: the largest is often after the first.",
  reading: ["Papyan, ICML (2019)", "Sagun, Evci, Güney, Dauphin & Bottou, arXiv:1706.04454 (2017)"],
  notOnNetworks:
    "is a law of one linear layer at weights of 0, and none is known of the outliers behind trained layers; `spectrum` shows those of a network",
  parameters: z.object({ examples: scaled(400, 60, "examples") }),
  parts: () => SETTINGS.length,
  found: z.object({ deviation: z.number(), outliers: z.int(), values: z.array(z.number()) }),
  async measure({ examples }, part, { random, runtime, context }) {
    const setting = SETTINGS[part];
    const { classes, loss } = setting;
    const x = inputsOf(setting, examples, random);
    const y =
      loss === "cross-entropy"
        ? {
            dtype: "int64" as const,
            shape: [examples],
            data: Float64Array.from({ length: examples }, () => random.integer(classes)),
          }
        : rows(random.normalVector(examples * classes), classes);
    await using problem = openNet(
      `mlp:${INPUTS}-${classes}`,
      { x: rows(x, INPUTS), y },
      runtime,
      loss === "cross-entropy" ? crossEntropy : meanSquaredError,
    );
    const zero = new Float64Array(problem.space.dimension);
    const { values } = await networkCurvatures(problem, zero, context);
    const descending = [...values].reverse();
    return { deviation: await deviationOf(problem, setting, x), outliers: outliersOf(descending), values: descending };
  },
  conclude(found) {
    return {
      evidence: [
        ...SETTINGS.map((setting, i) =>
          weigh({
            name: `outliers, C = ${setting.classes}, ${setting.loss}, strong directions of the inputs: ${setting.strong}`,
            measured: found[i].outliers,
            law: equals(lawOf(setting)),
            rival: equals(setting.classes),
          }),
        ),
        ...SETTINGS.map((setting, i) =>
          weigh({
            name: `largest element of H less the product, relative to the largest, C = ${setting.classes}, ${setting.loss}, strong directions: ${setting.strong}`,
            measured: found[i].deviation,
            law: equals(0),
            // What 11ᵀ/C takes off, which is nothing of squared errors.
            rival: equals(setting.loss === "cross-entropy" ? 1 / (setting.classes - 1) : 0),
            allowed: 1e-12,
          }),
        ),
      ],
      picture: {
        title: "Curvatures of a linear softmax at 0, inputs with one strong direction",
        description: "The largest curvatures in order; a line stands behind as many as the law says.",
        x: { title: "rank" },
        y: { title: "curvature", scale: "log" },
        law: SETTINGS.slice(0, 3).map((setting, i) => ({
          name: `C = ${setting.classes}`,
          x: [lawOf(setting) + 0.5, lawOf(setting) + 0.5],
          y: [found[i].values[10], found[i].values[0]],
        })),
        rival: [],
        measured: SETTINGS.slice(0, 3).map(({ classes }, i) => ({
          name: `C = ${classes}`,
          x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
          y: found[i].values.slice(0, 11),
        })),
      },
    };
  },
});

/** In float32, as the network takes them. */
function inputsOf({ strong }: Setting, examples: number, random: RandomStream): Float64Array {
  return random.normalVector(examples * INPUTS).map((z, i) => Math.fround(i % INPUTS < strong ? STRONG * z : z));
}

/** Curvatures before the largest ratio of one to the next, those that are rounding left out. */
function outliersOf(descending: readonly number[]): number {
  const seen = descending.filter((value) => value > 1e-9 * descending[0]);
  const ratios = seen.slice(1).map((value, i) => seen[i] / value);
  return ratios.indexOf(maxOf(ratios)) + 1;
}

/** Largest element of the Hessian at 0 less (1/C)(I − 11ᵀ/C) ⊗ S, of squared errors (2/C) I ⊗ S, relative to the largest. */
async function deviationOf(problem: Problem, { classes, loss }: Setting, x: Float64Array): Promise<number> {
  const { space } = problem;
  const examples = x.length / INPUTS;
  const place = placesOf(problem, classes);
  // The bias is the weight of an input that is always 1.
  const input = (i: number, k: number) => (k === INPUTS ? 1 : x[i * INPUTS + k]);
  const second = Array.from({ length: INPUTS + 1 }, (_, k) =>
    Float64Array.from({ length: INPUTS + 1 }, (_x, l) => {
      let sum = 0;
      for (let i = 0; i < examples; i++) sum += input(i, k) * input(i, l);
      return sum / examples;
    }),
  );
  const between = (c: number, d: number) =>
    loss === "cross-entropy" ? ((c === d ? 1 : 0) - 1 / classes) / classes : c === d ? 2 / classes : 0;
  await using there = problem.at(new Float64Array(space.dimension));
  const axes = place.map((_, i) => Float64Array.from({ length: space.dimension }, (_x, k) => (k === i ? 1 : 0)));
  const columns = await there.product(hessianProduct, axes);
  let [most, largest] = [0, 0];
  columns.forEach((column, i) =>
    column.forEach((measured, j) => {
      const [a, b] = [place[i], place[j]];
      const expected = between(a.output, b.output) * second[a.input][b.input];
      most = Math.max(most, Math.abs(measured - expected));
      largest = Math.max(largest, Math.abs(expected));
    }),
  );
  return most / largest;
}

/** Of each parameter, between which input and which output it stands. */
function placesOf({ space }: Problem, classes: number) {
  return space.tensors.flatMap(({ shape, size }) =>
    Array.from({ length: size }, (_, i) => {
      if (shape.length === 1) return { input: INPUTS, output: i };
      const [row, column] = [Math.floor(i / shape[1]), i % shape[1]];
      return shape[0] === classes ? { input: column, output: row } : { input: row, output: column };
    }),
  );
}
