import { z } from "zod";
import { defineExperiment } from "../runs/experiment.ts";
import type { NamedResult } from "../compare/compare-results.ts";
import { analyseSamples, distancesBetween } from "./topology/analyse-samples.ts";
import { persistence } from "./topology/persistence.ts";
import { sampledFunctions, type SampledFunction } from "./topology/sampled-function.ts";
import { checksOf } from "./topology/topology-checks.ts";
import { topologyFigures } from "./topology/topology-figures.ts";
import { topologyResult } from "./topology/topology-result.ts";
import { topologySections } from "./topology/topology-sections.ts";

const given = z.object({ data: z.unknown().optional(), x: z.unknown().optional() });

export const topologyOfRuns = defineExperiment({
  name: "topology-of-runs",
  verb: "topology",
  summary: "the basins of a sampled loss: where they lie, how deep they are, where they meet",
  description:
    "Find the basins of a loss that was sampled on a line or a plane, the level at which each meets a lower one, and the holes of its sublevel sets: bars of persistent homology (lower star on the grid). With several runs, how far their diagrams are apart. With a network and --data the loss is sampled at points around the weights in several random directions, each joined with its nearest.",
  document: "topology",
  result: topologyResult,
  figures: topologyFigures,
  show: topologySections,
  arguments: [
    {
      name: "RUN|MODEL",
      description: "folders of finished runs of `thalweg surface` or `thalweg line`; or a network, with --data",
      required: true,
      variadic: true,
    },
  ],
  examples: [
    ["thalweg topology runs/surface", "the basins of a surface"],
    ["thalweg topology runs/seed-1 runs/seed-2", "how far two surfaces are apart"],
  ],
  subject: "results",
  parameters: z.object({ persistence }),
  answers({ arguments: [first], options }) {
    const { data, x } = given.parse(options);
    return data === undefined && x === undefined && !first?.endsWith(".onnx");
  },
  measure({ results }, { persistence }, desk) {
    const sampled = results.flatMap((run) => named(sampledFunctions(run), run, results.length));
    const functions = sampled.map((each) => analyseSamples(each, persistence, desk.arrays));
    const result = { functions, distances: distancesBetween(functions, sampled) };
    return Promise.resolve({
      result,
      converged: functions.every(({ cutShort }) => cutShort === null),
      checks: checksOf(result),
    });
  },
});

/** With the run in the name where there are several. */
function named(functions: readonly SampledFunction[], { path }: NamedResult, runs: number): SampledFunction[] {
  if (runs === 1) return [...functions];
  return functions.map((each) => ({ ...each, name: `${each.name} of ${path}` }));
}
