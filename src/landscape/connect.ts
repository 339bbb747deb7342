import { z } from "zod";
import { safetensorsChunks } from "../files/safetensors.ts";
import type { Freedom } from "../graph/unit-freedom.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { connectFigures } from "./connect/connect-figures.ts";
import { type ConnectResult, connectResult } from "./connect/connect-result.ts";
import { connectSections } from "./connect/connect-sections.ts";
import { alignmentOf, distanceOf, heightsOf, outputDifference, profileOf } from "./connect/describe-connection.ts";
import { type Alignment, type AlignmentOptions, findAlignment } from "./connect/find-alignment.ts";
import { highestPoint } from "./connect/highest-point.ts";
import { barrierOf, profileCurve, type CurveProfile } from "./connect/profile-curve.ts";
import { straight } from "./paths/curve.ts";
import { Terrain } from "./terrain.ts";

const ALIGNED = "aligned.safetensors";

const parameters = z.object({
  other: z.string().describe("the other network"),
  align: z.boolean().default(false).meta({
    description: "bring the units of the other network into the order and the axes of the first",
    group: "Way",
  }),
  points: z.int().min(3).default(61).meta({ description: "points on each way", group: "Way", placeholder: "N" }),
  starts: z
    .int()
    .min(1)
    .default(3)
    .meta({ description: "starts of the matching of weights", group: "Way", placeholder: "N" }),
  matchSteps: z
    .int()
    .min(0)
    .default(100)
    .meta({ description: "gradient steps of the matching by the loss half-way", group: "Way", placeholder: "N" }),
});

export const connect = defineExperiment({
  name: "connect",
  summary: "what parts two networks: the loss on the way from one to the other",
  description:
    "The loss on the way between two networks of one architecture, before and after their units are brought into one order, on data and on held-out examples. Running statistics are taken from the data at every point.",
  document: "connect",
  result: connectResult,
  figures: connectFigures,
  show: connectSections,
  subject: "problem",
  arguments: [
    MODEL,
    {
      name: "OTHER",
      description: "the other: weights of the same network (.onnx, .safetensors or .npz)",
      required: true,
      option: "other",
    },
  ],
  examples: [
    ["thalweg connect a.onnx b.onnx --data d.npz --test t.npz", "the barrier on the straight line"],
    ["thalweg connect a.onnx b.safetensors --data d.npz --align", "and what is left of it in one order of units"],
  ],
  parameters,
  isRandom: true,
  endsEarly: true,
  readsHeldOut: true,
  checks: "every-run",
  reads: (options) => [z.object({ other: z.string() }).parse(options).other],
  async measure({ problem, weightsOf }, { other: path, align, points, starts, matchSteps }, { random, context }) {
    const other = weightsOf(path);
    const terrain = Terrain.open(problem);
    try {
      const mine = terrain.lift(problem.point.parameters, problem.model);
      const theirs = terrain.lift(other.theta, other.model);
      const profiles: ConnectResult["profiles"][number][] = [];
      const along = async (name: string, to: Float64Array, isAligned: boolean) => {
        const found = await profileCurve(terrain, straight(mine, to), points, context, name);
        profiles.push(profileOf({ name, path: "linear", isAligned }, found));
        return found;
      };
      const before = await along("straight line", theirs, false);
      let last = before;
      const found: Record<"permuted" | "aligned", Alignment | undefined> = { permuted: undefined, aligned: undefined };
      let permuted: CurveProfile | undefined;
      let target = theirs;
      if (align) {
        const ask = async (within: Freedom) => {
          const options: AlignmentOptions = { within, starts, steps: matchSteps };
          return findAlignment(terrain, { mine, theirs }, options, random.split(within), context);
        };
        found.permuted = await ask("permutation");
        found.aligned = await ask("general");
        const [exchanged] = found.permuted?.attempts ?? [];
        if (exchanged) permuted = await along("line to the network with its units exchanged", exchanged.theta, true);
        const [best] = found.aligned?.attempts ?? [];
        if (best) {
          target = best.theta;
          last = await along("line to the aligned network", best.theta, true);
        }
      }
      const difference = align ? await outputDifference(terrain, theirs, target) : undefined;
      const top = barrierOf(last, "train");
      const isAnEnd = top === null || top.height === 0;
      const highest = isAnEnd
        ? null
        : await highestPoint(terrain, straight(mine, target).at(top.t), random.split("highest"), context);
      const roundings = await Promise.all(
        [mine, target].map((theta) => terrain.rounding(theta, random.split("rounding"), context)),
      );
      const { precision } = problem.options;
      const result: ConnectResult = {
        other: path,
        barrier: {
          before: heightsOf(before),
          after: align ? heightsOf(last) : null,
          aligned: align ? heightsOf(last) : null,
          permuted: permuted ? heightsOf(permuted) : null,
        },
        rounding: roundings.reduce((sum, each) => sum + each, 0),
        profiles,
        maxOutputDifference: difference?.largest ?? null,
        outputSize: difference?.size ?? null,
        alignment: align
          ? alignmentOf(ALIGNED, found, {
              before: distanceOf(terrain, mine, theirs),
              after: distanceOf(terrain, mine, target),
            })
          : null,
        estimatesStatistics: terrain.estimates,
        highest: highest &&
          top && {
            t: top.t,
            loss: last.at[last.t.indexOf(top.t)].train.loss,
            ...highest,
            negative: [...highest.negative],
          },
      };
      return {
        result,
        converged: true,
        warnings: terrain.estimates ? [] : [...other.doubts],
        beside: align
          ? [[ALIGNED, safetensorsChunks(terrain.problem.space.unflatten(target, precision))] as const]
          : [],
      };
    } finally {
      await terrain.close();
    }
  },
});
