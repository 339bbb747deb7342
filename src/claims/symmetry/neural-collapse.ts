import { z } from "zod";
import { dot, norm2 } from "../../linalg/vector.ts";
import { lbfgs } from "../../optimizers/lbfgs.ts";
import { defineClaim } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { stepsUntil } from "../walks.ts";
import { type FreeFeatures, freeFeatures, rowsOf } from "./free-features.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

const SETTINGS: readonly FreeFeatures[] = [
  { classes: 3, examples: 4, dimensions: 5, decay: 0.01 },
  { classes: 4, examples: 3, dimensions: 6, decay: 0.01 },
  { classes: 6, examples: 2, dimensions: 8, decay: 0.01 },
];
/** Steps after which nothing moves any more. */
const STEPS = 250;

/** ln(1/κ − C + 1), κ = λ√n: what is left of the loss at a simplex of scale ρ, ln(1 + (C − 1)e^(−x)) + (C − 1)κx, is least there. */
const margin = ({ classes, examples, decay }: FreeFeatures) =>
  Math.log(1 / (decay * Math.sqrt(examples)) - classes + 1);

const simplex = ({ classes }: FreeFeatures) => -1 / (classes - 1);

const cosine = (a: Float64Array, b: Float64Array) => dot(a, b) / (norm2(a) * norm2(b));

export const neuralCollapse = defineClaim({
  id: "E11",
  topic: "symmetry",
  statement:
    "At the end of training the features of a class are one point, and the classes lie as the corners of a simplex.",
  says: "law",
  law: "features without constraints, balanced classes, cross-entropy and decay λ of both factors: every feature is its class's mean, means have cosine −1/(C − 1) and lie along the weights of their class, whose logit is ln(1/(λ√n) − C + 1) above the others",
  rival: "the classes are independent directions, of cosine 0, as their labels are",
  source: "Papyan, Han & Donoho 2020; Zhu et al. 2021, global minima of the model with free features",
  why: "What tells classes apart is only the differences of logits; of C directions those are furthest apart that sum to 0.",
  means:
    "The last layer can be fixed to a simplex beforehand. What is left of the differences between examples of a class has no part in the training loss.",
  breaks:
    "Classes of different size, fewer than C − 1 dimensions, or a decay of λ√n > 1/C, with which all features are 0; features of a network that cannot fit all labels.",
  reading: ["Papyan, Han & Donoho, PNAS 117, 24652 (2020)", "Zhu, Ding, Zhou, Li, You, Sulam & Qu, NeurIPS 34 (2021)"],
  parameters: z.object({}),
  found: z.array(
    z.object({
      cosines: z.array(z.number()),
      spread: z.number(),
      alignment: z.number(),
      margin: z.number(),
    }),
  ),
  measure: (_options, _part, { random }) =>
    SETTINGS.map((setting) => {
      const { classes, examples, dimensions } = setting;
      const on = freeFeatures(setting);
      let end = random.normalVector(on.dimension);
      stepsUntil({ on, by: lbfgs.with({}), from: end }, (at, step) => {
        end = at.slice();
        return step === STEPS;
      });
      const rows = rowsOf(setting, end);
      const features = Array.from({ length: classes }, (_, c) =>
        rows.slice(classes + c * examples, classes + (c + 1) * examples),
      );
      const means = features.map((all) => {
        const mean = new Float64Array(dimensions);
        for (const each of all) for (let k = 0; k < dimensions; k++) mean[k] += each[k] / examples;
        return mean;
      });
      const off = features.flatMap((all, c) => all.map((each) => norm2(each.map((x, k) => x - means[c][k]))));
      return {
        cosines: means.flatMap((a, i) => means.slice(0, i).map((b) => cosine(a, b))),
        spread: maxOf(off) / maxOf(means.map(norm2)),
        alignment: minOf(means.map((mean, c) => cosine(mean, rows[c]))),
        margin: dot(rows[0], means[0]) - dot(rows[1], means[0]),
      };
    }),
  conclude([found]) {
    const farthest = (cosines: readonly number[], from: number) =>
      cosines.reduce((worst, each) => (Math.abs(each - from) > Math.abs(worst - from) ? each : worst), from);
    const counts = SETTINGS.map(({ classes }) => classes);
    return {
      evidence: SETTINGS.flatMap((setting, i) => {
        const { cosines, spread, alignment, margin: measured } = found[i];
        const about = `${setting.classes} classes`;
        return [
          weigh({
            name: `cosine between means of classes, the one farthest from −1/(C − 1), ${about}`,
            measured: farthest(cosines, simplex(setting)),
            law: equals(simplex(setting)),
            rival: equals(0),
            allowed: 1e-4,
          }),
          weigh({
            name: `largest distance of a feature from its class's mean, over the length of that, ${about}`,
            measured: spread,
            law: equals(0),
            allowed: 1e-4,
          }),
          weigh({
            name: `least cosine between the mean of a class and its weights, ${about}`,
            measured: alignment,
            law: equals(1),
            allowed: 1e-6,
          }),
          weigh({
            name: `by how much the logit of the own class is above another, ${about}`,
            measured,
            law: equals(margin(setting)),
            allowed: 1e-4,
          }),
        ];
      }),
      picture: {
        title: "How classes lie at the end of training",
        description: "Cosines between the means of all pairs of classes against the number of classes.",
        x: { title: "classes" },
        y: { title: "cosine" },
        law: [{ name: "−1/(C − 1)", x: counts, y: SETTINGS.map(simplex) }],
        rival: [{ name: "independent", x: counts, y: counts.map(() => 0) }],
        measured: SETTINGS.map(({ classes }, i) => ({
          name: `${classes} classes`,
          x: found[i].cosines.map(() => classes),
          y: found[i].cosines,
        })),
      },
    };
  },
});
