import { noNormalization } from "../normalizations/none.ts";
import { doubtsOf, listed, NO_MARKS, type Span } from "./span.ts";

/** One step of the optimiser: of gradient descent, −∇L, so that t is its learning rate; or the step between two checkpoints. */
export const updateSpan: Span = {
  name: "update",
  usage: "update, or update:BEFORE,AFTER",
  summary: "a step of gradient descent (t is its learning rate), or the step between two checkpoints",
  parse(text, axes) {
    if (axes !== 1) return undefined;
    if (text === undefined) return [];
    const words = listed(text);
    return words.length === 2 && !words.includes("") ? words : undefined;
  },
  files: (words) => words,
  usual: noNormalization,
  range: "-1:1:51",
  async open({ problem, weightsOf, context }, words) {
    if (words.length === 0) {
      const gradient = await problem.point.gradient(context);
      return {
        ...NO_MARKS,
        vectors: [gradient.map((x) => -x)],
        titles: ["learning rate of one step of gradient descent"],
        notes: [
          "The update is that of gradient descent on all examples, −∇L: at t the weights are those after one step of learning rate t.",
        ],
      };
    }
    const [before, after] = words.map(weightsOf);
    return {
      ...NO_MARKS,
      vectors: [after.theta.map((x, i) => x - before.theta[i])],
      titles: [`steps from ${before.path} to ${after.path}`],
      notes: [
        `The update is the difference of two checkpoints, ${after.path} less ${before.path}; it starts at the weights of the model, t = 0.`,
      ],
      warnings: doubtsOf([before, after]),
    };
  },
};
