import { z } from "zod";
import { safetensorsChunks } from "../files/safetensors.ts";
import type { Problem } from "../problem/problem.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment, type Desk } from "../runs/experiment.ts";
import { times, type Work } from "../problem/work.ts";
import type { Plan } from "../runs/plan.ts";
import { connectFigures } from "./connect/connect-figures.ts";
import { connectOptions, type ConnectOptions, freedomsOf, kindOf } from "./connect/connect-options.ts";
import { type ConnectResult, connectResult } from "./connect/connect-result.ts";
import { connectSections } from "./connect/connect-sections.ts";
import { alignmentOf, distanceOf, heightsOf, profileOf, sameOutputs } from "./connect/describe-connection.ts";
import { barrierOf, PEAK_PLACES, placesOf, profileAlong } from "./connect/profile-curve.ts";
import { requireEnds } from "./connect/require-ends.ts";
import { alignTask, between, peakTask, placesTask, topTask, wayTask } from "./connect/tasks.ts";
import { lowest, triedWith } from "./connect/tried.ts";
import { taken, type Way, type WayKey, waysOf } from "./connect/ways.ts";
import { coarseToFine } from "./grid.ts";
import { PATHS } from "./paths/registry.ts";
import { SEARCH_PRODUCTS } from "./plan-of-points.ts";
import { partsOf } from "./tasks.ts";
import { SAMPLED } from "./terrain.ts";

const ALIGNED = "aligned.safetensors";
const bendFile = (i: number): string => `bend-${i + 1}.safetensors`;

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
  others: ({ other }) => [other],
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
  parameters: connectOptions,
  tasks: [alignTask, wayTask, placesTask, peakTask, topTask],
  isRandom: true,
  endsEarly: true,
  readsHeldOut: true,
  checks: "every-run",
  reads: (options) => [z.object({ other: z.string() }).parse(options).other],
  plan: ({ problem }, options) => planOf(problem, connectOptions.parse(options)),
  async measure(subject, options, desk) {
    const { problem } = subject;
    const { other: path, align } = options;
    const { l2, precision } = problem.options;
    const other = subject.weightsOf(path);
    await between(subject, options, (terrain) => Promise.resolve(requireEnds(terrain, other, align)));
    const freedoms = freedomsOf(options, l2);
    const alignments = await desk.tasks(
      alignTask,
      freedoms.map((within) => ({ within })),
    );
    const tried = triedWith((freedom) => alignments[freedoms.indexOf(freedom)]);
    const { isSearched } = kindOf(options);
    const [bent] = await desk.tasks(wayTask, isSearched ? [{}] : []);
    return between(subject, options, async (terrain, ends) => {
      const { mine, theirs } = ends;
      const found = lowest(tried);
      const best = taken(tried, precision);
      const ways = waysOf(ends, tried, precision, options, isSearched ? bent.points : undefined);
      const profiled = await profilesOf(problem, ways, options.points, desk);
      const last = ways[ways.length - 1];
      const profileAt = (key: WayKey) => profiled.profiles[ways.findIndex((way) => way.key === key)];
      const heightsAt = (key: WayKey) => {
        const profile = ways.some((way) => way.key === key) ? profileAt(key) : undefined;
        return profile ? heightsOf(profile) : null;
      };
      const lastProfile = profileAt(last.key);
      const top = barrierOf(lastProfile, "train") ?? { t: 0, height: 0 };
      const [{ rounding, highest, failure }] = await desk.tasks(topTask, [
        { way: last.key, t: top.t, height: top.height },
      ]);
      const target = best?.theta ?? theirs;
      const aligned = heightsAt("aligned");
      const bends: Float64Array[] = [];
      for (const point of isSearched ? bent.points : []) bends.push(await terrain.settled(point));
      const result: ConnectResult = {
        other: path,
        barrier: {
          before: heightsOf(profileAt("straight")),
          after: ways.length === 1 ? null : heightsOf(lastProfile),
          aligned,
          permuted: heightsAt("exchanged") ?? (best && best === tried.permuted ? aligned : null),
        },
        rounding,
        bends: bends.map((_, i) => bendFile(i)),
        profiles: ways.map((way, i) => profileOf(way, profiled.profiles[i], profiled.asked[i])),
        maxOutputDifference: found?.difference.largest ?? null,
        outputSize: found?.difference.size ?? null,
        alignment: best
          ? alignmentOf(ALIGNED, tried, {
              before: distanceOf(terrain, mine, theirs),
              after: distanceOf(terrain, mine, target),
            })
          : null,
        estimatesStatistics: terrain.estimates,
        statisticsBatch: terrain.estimates ? problem.point.batchSize : null,
        highest: highest && {
          t: top.t,
          loss: lastProfile.at[lastProfile.t.indexOf(top.t)].train.loss,
          ...highest,
        },
      };
      const weights = (theta: Float64Array) => safetensorsChunks(terrain.problem.space.unflatten(theta, precision));
      const attempts = [tried.permuted, tried.whole].flatMap((each) => each ?? []);
      const isWhole =
        profiled.asked.every((each) => each === null) &&
        attempts.every((each) => each.isWhole) &&
        (!isSearched || bent.isWhole);
      return {
        result,
        converged: isWhole,
        warnings: [
          // Tensors that differ have no part in the loss here, and statistics none where they are taken anew.
          ...other.doubts.flatMap(({ about, text }) =>
            about === "left out" || (about === "statistics" && !terrain.estimates) ? [text] : [],
          ),
          ...(align && !found ? [NOTHING_TO_ALIGN] : []),
          ...new Set(attempts.flatMap(({ notes }) => notes)),
          ...(failure === null ? [] : [`Slope and curvature at the highest point are not known. ${failure}`]),
          ...(isWhole ? [] : [ENDED_EARLY]),
        ],
        checks: found ? [sameOutputs(found.difference, precision)] : [],
        beside: [
          ...(best ? [[ALIGNED, weights(target)] as const] : []),
          ...bends.map((theta, i) => [bendFile(i), weights(theta)] as const),
        ],
      };
    });
  },
});

/** The losses along every way: evenly spaced, then closer around the highest point. */
async function profilesOf(problem: Problem, ways: readonly Way[], points: number, desk: Desk) {
  const inputs = ways.flatMap(({ key, curve }) => {
    const t = fromEndsInwards(placesOf(curve, points));
    const of = partsOf(problem, ways.length, t.length, desk.hasBudget);
    return Array.from({ length: of }, (_, part) => ({ way: key, t: t.filter((_t, i) => i % of === part) }));
  });
  const parts = await desk.tasks(placesTask, inputs);
  const places = ways.map(({ key }) => parts.flatMap((part, i) => (inputs[i].way === key ? part.places : [])));
  const peaks = await desk.tasks(
    peakTask,
    ways.map(({ key }, i) => ({
      way: key,
      seen: places[i].map(({ t, train }) => ({ t, loss: train.loss })).sort((a, b) => a.t - b.t),
    })),
  );
  return {
    profiles: ways.map(({ curve }, i) => profileAlong(curve, [...places[i], ...peaks[i].places])),
    asked: ways.map(({ key }, i) => {
      const own = inputs.flatMap((input, k) => (input.way === key ? [{ ...parts[k], count: input.t.length }] : []));
      const isWhole = own.every((each) => each.isWhole) && peaks[i].isWhole;
      const around = peaks[i].isWhole ? peaks[i].places.length : PEAK_PLACES;
      return isWhole ? null : own.reduce((sum, each) => sum + each.count, around);
    }),
  };
}

/** The two ends, then from coarse to fine: however early one stops, the whole way has been looked at. */
function fromEndsInwards(t: readonly number[]): number[] {
  const inner = t.slice(1, -1);
  const order = coarseToFine([inner.length], [Math.floor(inner.length / 2)]);
  return [t[0], t[t.length - 1], ...Array.from(order, (i) => inner[i])];
}

/** What each part takes, about. */
function planOf(problem: Problem, options: ConnectOptions): Plan {
  const kind = kindOf(options);
  const freedoms = freedomsOf(options, problem.options.l2);
  const { examples, heldOut } = problem;
  const both = (examples + (heldOut?.examples ?? 0)) / examples;
  const sampled = Math.min(1, SAMPLED / examples);
  const { losses, gradients, sampled: few } = kind.cost(options);
  const ways = 1 + freedoms.length + (kind.isSearched ? 1 : 0);
  const points = ways * (options.points + PEAK_PLACES);
  const step = (name: string, title: string, work: Work, products = 0) => ({
    name,
    title,
    products,
    work,
    bytes: 0,
    skipped: undefined,
  });
  return {
    noun: "step",
    steps: [
      ...(options.align
        ? [
            step(
              "alignment",
              "bringing units into one order",
              times(freedoms.length, {
                losses: options.starts + 5 + options.matchSteps / 5,
                gradients: options.matchSteps * sampled,
              }),
            ),
          ]
        : []),
      ...(kind.isSearched
        ? [step("way", `finding the ${kind.noun}`, { losses, gradients: gradients + few * sampled })]
        : []),
      step("points", `${points} points on ${ways === 1 ? "the way" : `${ways} ways`}`, { losses: points * both }),
      step(
        "top",
        "slope and curvature at the highest point",
        { products: SEARCH_PRODUCTS, gradients: 2 },
        SEARCH_PRODUCTS,
      ),
    ],
    tasks: 1,
    problem,
    warnings: [],
  };
}

const ENDED_EARLY =
  "The time was spent before all was done: what is missing are points of the ways, steps of the way that was looked for, or tries of the alignment. Another run with a longer --time, or without, gets further.";

const NOTHING_TO_ALIGN =
  "--align has no part in this run: as far as the graph was read, it lets no unit be moved without changing what the network computes.";
