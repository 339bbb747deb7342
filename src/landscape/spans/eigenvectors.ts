import { noNormalization } from "../normalizations/none.ts";
import { inputError } from "../../files/input-error.ts";
import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import { formatEstimate } from "../../util/format-number.ts";
import { subscript } from "../../figures/style.ts";
import { listed, NO_MARKS, type Span } from "./span.ts";
import { maxOf } from "../../util/extremes.ts";

/** Eigenvectors of the Hessian, of unit length: 1, 2, … from the largest eigenvalue down, −1, −2, … from the smallest up. */
export const eigenvectorSpan: Span = {
  name: "eig",
  usage: "eig:1 for the largest eigenvalue, eig:-1 for the smallest; eig:1,2 or eig:1,-1 for a plane",
  summary: "eigenvectors of the Hessian, of unit length",
  parse(text, axes) {
    const words = listed(text);
    const isIndex = (word: string) => /^-?[1-9]\d{0,8}$/.test(word);
    return words.length === axes && words.every(isIndex) && new Set(words).size === axes ? words : undefined;
  },
  files: () => [],
  isCostly: true,
  usual: noNormalization,
  range: "-1:1:51",
  async open({ problem, random, hessian, context }, words) {
    const places = words.map(Number);
    const { dimension } = problem.space;
    const outside = places.find((place) => Math.abs(place) > dimension);
    if (outside !== undefined)
      throw inputError(
        "no-such-eigenvector",
        `There is no eigenvector ${outside}: the Hessian of ${dimension} ${dimension === 1 ? "parameter" : "parameters"} has as many.`,
        { input: "eig" },
        `Choose from ${dimension} to -${dimension}.`,
      );
    const [largest, smallest] = [Math.max(0, maxOf(places)), Math.max(0, maxOf(places.map((place) => -place)))];
    const found = await extremalEigenpairs(
      hessian(),
      { largest, smallest, vectors: true },
      random.split("eigenvectors"),
      context,
    );
    const pairs = places.map((place) => ({
      place,
      pair: place > 0 ? found.top.at(place - 1) : found.bottom.at(-place - 1),
    }));
    const known = pairs.flatMap(({ place, pair }) =>
      pair?.vector ? [{ place, ...pair, vector: oriented(pair.vector) }] : [],
    );
    const name = (place: number) =>
      place > 0 ? `λ${subscript(place)}` : place === -1 ? "λmin" : `λ₋${subscript(-place)}`;
    return {
      ...NO_MARKS,
      vectors: known.map(({ vector }) => vector),
      titles: known.map(({ place }) => `distance along the eigenvector of ${name(place)}`),
      notes: known.map(({ place, value, residual }) => `${name(place)} = ${formatEstimate(value, residual)}.`),
      converged: found.converged,
    };
  },
};

/** An eigenvector has no sign of its own: the entry that is largest in size is positive. */
function oriented(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
  return largest < 0 ? vector.map((x) => -x) : vector;
}
