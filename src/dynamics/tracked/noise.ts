import { dot } from "../../linalg/vector.ts";
import { gradientDerivative } from "../../problem/derivatives/gradient.ts";
import { contributionsOf, ofContributing } from "../../quantities/contributions.ts";
import type { Tracked } from "./tracked.ts";

export const noise: Tracked = {
  name: "noise",
  title: "Gradient noise",
  summary: "tr Σ of the examples' gradients beside ‖g‖², and their ratio, the critical batch size",
  source: "McCandlish 2018",
  axis: "square of a gradient's length, and examples",
  says: "Of the tracked examples, where nothing is left to chance: of others it would differ. ‖g‖² holds tr Σ/n of their sampling.",
  isOfExamples: true,
  cost: 3,
  needsFixedLoss: true,
  notFor: ({ coupled }) => (coupled === undefined ? undefined : `no example has a gradient of its own, as ${coupled}`),
  async measure({ point, context }) {
    const squares = ofContributing(point, await point.exampleGradientSquares(context), 2);
    const gradient = await point.dataDerivative(gradientDerivative, context);
    const square = dot(gradient, gradient);
    const { counts, deviations } = contributionsOf(point);
    // Where all count alike, their products with the mean are not looked at.
    const along = counts ? ofContributing(point, await point.exampleDerivatives(gradient, context), 1) : squares;
    const total = Math.max(0, deviations.meanSquare({ squares, along, square }));
    return [
      { series: "tr Σ", value: total, error: null },
      { series: "‖g‖²", value: square, error: null },
      ...(square > 0 ? [{ series: "tr Σ/‖g‖²", value: total / square, error: null }] : []),
    ];
  },
};
