import { z } from "zod";
import { norm2 } from "../linalg/vector.ts";
import { Desk } from "../quantities/desk.ts";
import { lossRounding } from "../quantities/loss-rounding.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { settingOf } from "../quantities/needed-quantities.ts";
import { needsOf } from "../quantities/quantity.ts";
import { real } from "../result/real.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { defineTask } from "../runs/task.ts";
import { nearestNeighbours } from "../topology/nearest-neighbours.ts";
import { lossesAt } from "./losses.ts";
import { analyseSamples } from "./topology/analyse-samples.ts";
import { persistence } from "./topology/persistence.ts";
import { coordinatesOf, directionsOf } from "./topology/sampled-points.ts";
import { withStraightPaths } from "./topology/straight-paths.ts";
import { topologyFigures } from "./topology/topology-figures.ts";
import { topologyResult } from "./topology/topology-result.ts";
import { topologySections } from "./topology/topology-sections.ts";

/** Points of one task. */
const POINTS_A_TASK = 64;

const sampling = z.object({
  samples: z
    .int()
    .min(8)
    .max(20_000)
    .default(256)
    .meta({ description: "points at which the loss is taken", group: "Topology" }),
  dimensions: z
    .int()
    .min(1)
    .max(16)
    .default(3)
    .meta({ description: "random directions around the weights that the points lie in", group: "Topology" }),
  radius: z.number().gt(0).default(1).meta({
    description: "how far from the weights they lie at most; at 1 each filter has moved by its own length",
    group: "Topology",
  }),
  neighbours: z.int().min(1).max(64).optional().meta({
    description: "nearest points that each is joined with (default: four for each dimension)",
    group: "Topology",
  }),
});

const parameters = z.object({ persistence, ...sampling.shape });

/** Losses at some points, given by their coordinates. */
const lossesAtPoints = defineTask({
  name: "topology-losses",
  subject: "problem",
  input: z.object({ label: z.string(), points: z.array(z.array(z.number())) }),
  result: z.object({ losses: z.array(real) }),
  label: ({ label }) => label,
  opens: (request) => request,
  async measure({ problem }, { points }, options, { common, context }) {
    const axes = directionsOf(problem, sampling.parse(options), common.split("axes"));
    const theta = problem.point.parameters;
    const weightsOf = (i: number) => {
      const at = theta.slice();
      axes.forEach((axis, k) => axis.forEach((x, j) => (at[j] += points[i][k] * x)));
      return at;
    };
    const { loss } = await lossesAt(problem, points.length, weightsOf, { ...context, outOfTime: undefined });
    return { losses: loss.map((each) => each ?? Number.NaN) };
  },
});

/** What rounding leaves of the loss at the weights. */
const roundingAtHome = defineTask({
  name: "topology-rounding",
  subject: "problem",
  input: z.object({}),
  result: z.object({ loss: real, rounding: real }),
  label: () => "the weights as they are",
  opens: (request) => request,
  async measure({ problem }, _input, _options, { common, context }) {
    const needs = needsOf([lossValue, lossRounding]);
    const desk = Desk.open(settingOf({ problem, options: {} }, needs), common.split("rounding"), context);
    return { loss: (await desk.get(lossValue)).loss, rounding: await desk.get(lossRounding) };
  },
});

export const topology = defineExperiment({
  name: "topology",
  summary: "the basins of the loss around the weights, from points in several dimensions",
  document: "topology-samples",
  result: topologyResult,
  figures: topologyFigures,
  show: topologySections,
  arguments: [MODEL],
  examples: [
    [
      "thalweg topology model.onnx --data data.npz --dimensions 4",
      "points in four random directions, joined with their nearest",
    ],
  ],
  subject: "problem",
  isRandom: true,
  checks: "every-run",
  parameters,
  tasks: [roundingAtHome, lossesAtPoints],
  plan: ({ problem }, options) => ({
    noun: "part",
    steps: [
      {
        name: "points",
        title: "Losses at the points",
        products: 0,
        work: { losses: sampling.parse(options).samples },
        bytes: 8 * (sampling.parse(options).dimensions + 2) * problem.space.dimension,
        skipped: undefined,
      },
    ],
    tasks: 1,
    problem,
    warnings: [],
  }),
  async measure(_subject, options, desk) {
    const { samples, dimensions, radius, neighbours = 4 * dimensions } = options;
    const [{ loss, rounding }] = await desk.tasks(roundingAtHome, [{}]);
    const lossesOf = async (what: string, points: readonly Float64Array[]): Promise<number[]> => {
      const groups = Array.from({ length: Math.ceil(points.length / POINTS_A_TASK) }, (_, i) => ({
        label: `${what}, from ${i * POINTS_A_TASK + 1} on`,
        points: points.slice(i * POINTS_A_TASK, (i + 1) * POINTS_A_TASK).map((each) => [...each]),
      }));
      return (await desk.tasks(lossesAtPoints, groups)).flatMap(({ losses }) => losses);
    };
    const drawn = coordinatesOf(options, desk.random.split("points"));
    const { coordinates, values, neighbourhood } = await withStraightPaths(
      {
        coordinates: drawn,
        values: await lossesOf("points", drawn),
        neighbourhood: nearestNeighbours(drawn, neighbours),
      },
      lossesOf,
    );
    const found = analyseSamples(
      {
        name: "loss",
        axes: [],
        values: Float64Array.from(values),
        rounding: { value: rounding, at: loss },
        cutShort: null,
      },
      options.persistence,
      desk.arrays,
      {
        neighbourhood,
        neighbours: `the ${neighbours} nearest of ${samples} points in ${dimensions} random directions, out to ${radius} times the length of each filter, and those on straight lines between minima that would be parted`,
        coordinates,
        isOnEdge: (point) => isOutermost(point),
      },
    );
    desk.arrays.keep("coordinates", {
      dtype: "float64",
      shape: [values.length, dimensions],
      data: Float64Array.from(coordinates.flatMap((each) => [...each])),
    });
    desk.arrays.keep("loss", { dtype: "float64", shape: [values.length], data: Float64Array.from(values) });
    return { result: { functions: [found], distances: [] }, converged: true };

    /** Whether a point may have no neighbours on one side because nothing was sampled there. */
    function isOutermost(point: number): boolean {
      let reach = 0;
      const here = coordinates[point];
      neighbourhood.each(point, (other) => {
        reach = Math.max(reach, norm2(here.map((x, k) => x - coordinates[other][k])));
      });
      return norm2(here) + reach > radius;
    }
  },
});
