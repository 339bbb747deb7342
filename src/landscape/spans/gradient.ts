import { noNormalization } from "../normalizations/none.ts";
import { normalize } from "../../linalg/vector.ts";
import { NO_MARKS, type Span } from "./span.ts";

/** The unit vector along ∇L: the way in which the loss rises fastest. */
export const gradientSpan: Span = {
  name: "gradient",
  usage: "gradient",
  summary: "the way in which the loss rises fastest, of unit length",
  parse: (text, axes) => (text === undefined && axes === 1 ? [] : undefined),
  files: () => [],
  usual: noNormalization,
  range: "-1:1:51",
  async open({ problem, context }) {
    const gradient = await problem.point.gradient(context);
    normalize(gradient);
    return { ...NO_MARKS, vectors: [gradient], titles: ["distance along the gradient"] };
  },
};
