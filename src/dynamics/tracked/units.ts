import type { Value } from "../../graph/value.ts";
import { activationLayers, type ActivationLayer } from "../../instruments/units/activation-layers.ts";
import { abs } from "../../ops/unary.ts";
import { sub } from "../../ops/arithmetic.ts";
import { reduceMax } from "../../ops/reduction.ts";
import { neg } from "../../ops/arithmetic.ts";
import type { Computation } from "../../problem/computation.ts";
import type { LossGraph } from "../../problem/loss-graph.ts";
import type { Tracked } from "./tracked.ts";

/** As the instrument of units counts: within this share of the range of a bound. */
const SATURATED = 0.01;

/** What is counted of a layer: units whose largest number over all examples is small enough, or whose smallest is large enough. */
interface Counted {
  readonly series: string;
  readonly layer: ActivationLayer;
  /** Of each value, what the largest is taken of. */
  of(value: Value): Value;
  isCounted(largest: number): boolean;
}

function countedIn(graph: LossGraph): Counted[] {
  return activationLayers(graph).flatMap((layer): Counted[] => {
    const { traits, made } = layer;
    const bounds = traits.bounds;
    return [
      ...(traits.rectifies
        ? [{ series: `dead in ${made}`, layer, of: (value: Value) => value, isCounted: (x: number) => x <= 0 }]
        : []),
      ...(bounds
        ? [
            {
              series: `saturated in ${made}`,
              layer,
              of: (value: Value) => neg(abs(sub(value, (bounds[0] + bounds[1]) / 2))),
              isCounted: (x: number) => -x > (0.5 - SATURATED) * (bounds[1] - bounds[0]),
            },
          ]
        : []),
    ];
  });
}

/** The largest number of each unit over a batch, of every value of every layer. */
const LARGEST: Computation = {
  name: "largest of units",
  build: (site) =>
    countedIn(site).flatMap(({ layer: { values, axis }, of }) =>
      values.map((value) =>
        reduceMax(
          of(value),
          value.shape.flatMap((_, i) => (i === axis ? [] : [i])),
        ),
      ),
    ),
};

export const units: Tracked = {
  name: "units",
  title: "Dead and saturated units",
  summary: "share of units that are 0, or at a bound, on every tracked example, layer by layer",
  source: "Lu 2019",
  axis: "share of the units of a layer",
  says: "Of the tracked examples: others may wake a unit.",
  isOfExamples: true,
  cost: 1 / 2,
  notFor: (problem) =>
    countedIn(problem.graph()).length === 0 ? "the network has no units that rectify or have bounds" : undefined,
  async measure({ problem, point, context }) {
    const counted = countedIn(problem.graph());
    const most = counted.map(({ layer: { values, axis } }) =>
      new Float64Array(values[0].shape[axis]).fill(Number.NEGATIVE_INFINITY),
    );
    await point.eachBatch(LARGEST, context, (_batch, found) => {
      let at = 0;
      counted.forEach(({ layer }, i) => {
        for (let k = 0; k < layer.values.length; k++, at++)
          found[at].data.forEach((x, unit) => (most[i][unit] = Math.max(most[i][unit], x)));
      });
    });
    return counted.map(({ series, isCounted }, i) => ({
      series,
      value: most[i].filter(isCounted).length / most[i].length,
      error: null,
    }));
  },
};
