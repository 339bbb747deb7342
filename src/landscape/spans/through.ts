import { noNormalization } from "../normalizations/none.ts";
import { doubtsOf, listed, NO_MARKS, type Span } from "./span.ts";

/** The plane through three files of weights: the first at (0, 0), the second at (1, 0), the third at (0, 1), bit for bit. */
export const throughSpan: Span = {
  name: "through",
  usage: "through:A,B,C",
  summary: "the plane through the weights of three files: A at (0, 0), B at (1, 0), C at (0, 1)",
  parse(text, axes) {
    const words = listed(text);
    return axes === 2 && words.length === 3 && !words.includes("") ? words : undefined;
  },
  files: (words) => words,
  usual: noNormalization,
  fixed: "The plane passes through the weights of files: its axes are the differences between them.",
  open({ weightsOf }, words) {
    const [a, b, c] = words.map(weightsOf);
    const [first, second, third] = [a, b, c].map((each) => each.name());
    const away = (theta: Float64Array) => theta.map((x, i) => x - a.theta[i]);
    return Promise.resolve({
      ...NO_MARKS,
      origin: a.theta,
      vectors: [away(b.theta), away(c.theta)],
      titles: [`part of the way from ${first} to ${second}`, `part of the way from ${first} to ${third}`],
      marks: [
        { name: first, theta: a.theta, at: [0, 0] },
        { name: second, theta: b.theta, at: [1, 0] },
        { name: third, theta: c.theta, at: [0, 1] },
      ],
      warnings: doubtsOf([a, b, c]),
    });
  },
};
