import { z } from "zod";
import { safetensorsChunks } from "../files/safetensors.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { chosen } from "../util/chosen.ts";
import { connectFigures } from "./connect/connect-figures.ts";
import { type ConnectResult, connectResult } from "./connect/connect-result.ts";
import { connectSections } from "./connect/connect-sections.ts";
import {
  alignmentOf,
  distanceOf,
  heightsOf,
  outputDifference,
  profileOf,
  sameOutputs,
} from "./connect/describe-connection.ts";
import { aboutConstants } from "./connect/about-constants.ts";
import { alignBoth, lowest } from "./connect/align-both.ts";
import { highestPoint } from "./connect/highest-point.ts";
import { barrierOf, profileCurve } from "./connect/profile-curve.ts";
import { type Curve, straight } from "./paths/curve.ts";
import { linear } from "./paths/linear.ts";
import { PATHS } from "./paths/registry.ts";
import { Terrain } from "./terrain.ts";

const ALIGNED = "aligned.safetensors";

const parameters = z.object({
  other: z.string().describe("the other network"),
  align: z.boolean().default(false).meta({
    description: "bring the units of the other network into the order and the axes of the first",
    group: "Way",
  }),
  path: z
    .enum(PATHS.map(({ name }) => name))
    .default(linear.name)
    .meta({ description: "the way that is followed", group: "Way" }),
  points: z.int().min(3).default(61).meta({ description: "points on each way", group: "Way", placeholder: "N" }),
  steps: z
    .int()
    .min(1)
    .default(400)
    .meta({ description: "steps in which a way is found that is not straight", group: "Way", placeholder: "N" }),
  bends: z
    .int()
    .min(1)
    .default(3)
    .meta({ description: "points of a chain or a band that move", group: "Way", placeholder: "N" }),
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
  choices: PATHS,
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
    ["thalweg connect a.onnx b.onnx --data d.npz --path bezier", "a curve that goes round it"],
  ],
  parameters,
  isRandom: true,
  readsHeldOut: true,
  checks: "every-run",
  reads: (options) => [z.object({ other: z.string() }).parse(options).other],
  async measure({ problem, weightsOf }, options, { random, context }) {
    const { other: path, align, points } = options;
    const other = weightsOf(path);
    const kind = chosen("path", options.path, PATHS);
    const terrain = Terrain.open(problem);
    try {
      const mine = terrain.lift(problem.point.parameters, problem.model);
      const theirs = terrain.lift(other.theta, other.model);
      const profiles: ConnectResult["profiles"][number][] = [];
      const follow = async (name: string, curve: Curve, named: { path: string; isAligned: boolean }) => {
        const found = await profileCurve(terrain, curve, points, context, name);
        profiles.push(profileOf({ name, ...named }, found));
        return { profile: found, curve };
      };
      const line = (name: string, to: Float64Array, isAligned: boolean) =>
        follow(name, straight(mine, to), { path: linear.name, isAligned });
      const before = await line("straight line", theirs, false);
      let last = before;
      const tried = align
        ? await alignBoth(terrain, { mine, theirs }, options, random, context)
        : { permuted: undefined, whole: undefined };
      const exchanged = tried.permuted?.attempts[0];
      const found = lowest(tried);
      const difference = found && (await outputDifference(terrain, theirs, found.theta));
      const checks = difference ? [sameOutputs(difference, problem.options.precision)] : [];
      // A network that computes something else is no alignment of the other.
      const best = checks.every(({ passed }) => passed) ? found : undefined;
      const target = best?.theta ?? theirs;
      const permuted =
        exchanged && best && exchanged !== best
          ? await line("line to the network with its units exchanged", exchanged.theta, true)
          : undefined;
      if (best) last = await line("line to the aligned network", target, true);
      const aligned = best && last;
      if (kind !== linear) {
        const stream = random.split(kind.name);
        const ground = terrain.ground(stream.split("examples"), context);
        const curve = await kind.find(ground, [mine, target], options, stream, context);
        const name = best ? `${kind.noun} to the aligned network` : kind.noun;
        last = await follow(name, curve, { path: kind.name, isAligned: best !== undefined });
      }
      const top = barrierOf(last.profile, "train");
      let rounding = 0;
      for (const theta of [mine, last.curve.at(top?.t ?? 0), target])
        rounding = Math.max(rounding, 3 * (await terrain.rounding(theta, random.split("rounding"), context)));
      // Where statistics are taken anew, derivatives that hold them are those of another function.
      const highest =
        terrain.estimates || top === null || !(top.height > rounding) || !Number.isFinite(top.height)
          ? null
          : {
              t: top.t,
              loss: last.profile.at[last.profile.t.indexOf(top.t)].train.loss,
              ...(await highestPoint(terrain, last.curve.at(top.t), random.split("highest"), context)),
            };
      const result: ConnectResult = {
        other: path,
        barrier: {
          before: heightsOf(before.profile),
          after: last === before ? null : heightsOf(last.profile),
          aligned: aligned ? heightsOf(aligned.profile) : null,
          permuted: permuted ? heightsOf(permuted.profile) : exchanged && aligned ? heightsOf(aligned.profile) : null,
        },
        rounding,
        profiles,
        maxOutputDifference: difference?.largest ?? null,
        outputSize: difference?.size ?? null,
        alignment: best
          ? alignmentOf(ALIGNED, tried, {
              before: distanceOf(terrain, mine, theirs),
              after: distanceOf(terrain, mine, target),
            })
          : null,
        estimatesStatistics: terrain.estimates,
        statisticsBatch: terrain.estimates ? problem.point.batchSize : null,
        highest,
      };
      const weights = () => safetensorsChunks(terrain.problem.space.unflatten(target, problem.options.precision));
      return {
        result,
        converged: true,
        warnings: [
          ...aboutConstants(problem.model, other.model, path),
          ...(terrain.estimates ? [] : other.doubts),
          ...(align && !found ? [NOTHING_TO_ALIGN] : []),
        ],
        checks,
        beside: best ? [[ALIGNED, weights()] as const] : [],
      };
    } finally {
      await terrain.close();
    }
  },
});

const NOTHING_TO_ALIGN =
  "--align has no part in this run: as far as the graph was read, it lets no unit be moved without changing what the network computes.";
