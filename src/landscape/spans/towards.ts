import { noNormalization } from "../normalizations/none.ts";
import { doubtsOf, NO_MARKS, type Span } from "./span.ts";

/** The straight way to other weights of the network: t = 0 is here, t = 1 is there, bit for bit. */
export const towardsSpan: Span = {
  name: "to",
  usage: "to:FILE",
  summary: "the straight way to the weights of a file, which are reached at 1",
  parse: (text, axes) => (axes === 1 && text !== undefined && text !== "" ? [text] : undefined),
  files: (words) => words,
  usual: noNormalization,
  fixed: "The axis ends at the weights of a file: it is as long as the way there.",
  range: "-0.5:1.5:41",
  open({ problem, weightsOf }, [path]) {
    const other = weightsOf(path);
    const { theta } = other;
    const name = other.name();
    const here = problem.point.parameters;
    return Promise.resolve({
      ...NO_MARKS,
      vectors: [theta.map((x, i) => x - here[i])],
      titles: [`part of the way to ${name}`],
      marks: [{ name, theta, at: [1] }],
      warnings: doubtsOf([other]),
    });
  },
};
