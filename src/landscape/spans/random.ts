import { filterNormalization } from "../normalizations/filter.ts";
import { NO_MARKS, type Span } from "./span.ts";

/** Independent normal numbers of unit variance in every coordinate: E dᵀHd = tr H, before they are normalised. */
export const randomSpan: Span = {
  name: "random",
  usage: "random",
  summary: "normal numbers from the seed",
  parse: (text) => (text === undefined ? [] : undefined),
  files: () => [],
  isRandom: true,
  usual: filterNormalization,
  range: "-1:1:51",
  open: ({ problem, random }, _words, axes) =>
    Promise.resolve({
      ...NO_MARKS,
      vectors: Array.from({ length: axes }, (_, i) =>
        random.split(`axis ${i + 1}`).normalVector(problem.space.dimension),
      ),
      titles: Array.from({ length: axes }, (_, i) => `random direction${axes === 1 ? "" : ` ${i + 1}`}`),
    }),
};
