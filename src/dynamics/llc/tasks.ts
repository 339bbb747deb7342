import { z } from "zod";
import { gradientsAt, type LossAndGradient } from "../../problem/gradients-at.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { real } from "../../result/real.ts";
import { defineTask } from "../../runs/task.ts";
import type { Draws } from "../../sampling/sampler.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { RunContext } from "../../util/run-context.ts";
import { batchSize } from "../mini-batches.ts";
import { type LlcSettings, settingsOf, sizeOf } from "./llc-options.ts";
import { temperature } from "./llc-result.ts";
import { summarizeDraws } from "./summarize-draws.ts";
import { NOTED, temperedPosterior, type Tempering } from "./tempered-posterior.ts";

const sampled = z.object({
  found: temperature.nullable().describe("null where the time was up before enough was drawn."),
  energies: z.array(z.array(real)).describe("nβ(L(w) − L(w*)): a chain, a draw."),
  means: z.array(real).default([]).describe("Of each chain, what λ(β) is the mean of."),
  exchanged: real
    .nullable()
    .default(null)
    .describe("Share of trades with the next colder temperature that was accepted."),
});

export type SampledTemperature = z.output<typeof sampled>;

/** Draws of a chain below which nothing is said. */
const FEWEST = 8;

/** All chains at one temperature. */
export const temperatureTask = defineTask({
  name: "temperature",
  subject: "problem",
  input: z.object({ multiple: z.number() }),
  result: sampled,
  label: ({ multiple }) => `β = ${formatNumber(multiple, 3)}/ln n`,
  opens: (request) => request,
  async measure({ problem }, { multiple }, options, { random, context }) {
    const [only] = await sampledAt(problem, [multiple], settingsOf(options), random, context);
    return only;
  },
});

/** All chains at temperatures that trade places. */
export const ladderTask = defineTask({
  name: "ladder",
  subject: "problem",
  input: z.object({ multiples: z.array(z.number()) }),
  result: z.array(sampled),
  label: ({ multiples }) => `${multiples.length} temperatures`,
  opens: (request) => request,
  measure: ({ problem }, { multiples }, options, { random, context }) =>
    sampledAt(problem, multiples, settingsOf(options), random, context),
});

async function sampledAt(
  problem: Problem,
  multiples: readonly number[],
  settings: LlcSettings,
  random: RandomStream,
  context: RunContext,
): Promise<SampledTemperature[]> {
  const { localization, spread, chains, warmup, draws, sampler } = settings;
  const size = sizeOf(settings, problem);
  const home = await lossAtHome(problem.point, chains, context);
  const temperings = multiples.map((multiple) => ({
    inverseTemperature: (size * multiple) / Math.log(size),
    localization,
    spread,
  }));
  const batches = sampler.usesBatches
    ? {
        size: batchSize(problem.examples, settings.batch),
        pointOn: (examples: Int32Array) => problem.onBatch(problem.point.parameters, examples),
      }
    : undefined;
  const densities = temperings.map((tempering) => temperedPosterior(problem.point, home, tempering, context, batches));
  const drawn = await sampler.sample(densities, { chains, warmup, draws }, random, context);
  const sampledThere: SampledTemperature[] = [];
  for (const [k, each] of drawn.entries())
    sampledThere.push(await described(problem, each, { multiple: multiples[k], tempering: temperings[k] }, context));
  return sampledThere;
}

async function described(
  problem: Problem,
  drawn: Draws,
  { multiple, tempering }: { readonly multiple: number; readonly tempering: Tempering },
  context: RunContext,
): Promise<SampledTemperature> {
  const energies = drawn.noted.map((chain) => chain.map((numbers) => numbers[NOTED.energy]));
  const { exchanged } = drawn;
  if (energies[0].length < FEWEST) return { found: null, energies, means: [], exchanged };
  const summary = summarizeDraws(drawn, tempering.localization);
  const rounding = await roundingOf(problem, drawn, tempering, context);
  const { coefficient, identity, isControlled } = summary;
  return {
    energies,
    means: [...summary.means],
    exchanged,
    found: {
      multiple,
      inverseTemperature: tempering.inverseTemperature,
      coefficient: { ...stated(coefficient), effectiveSize: coefficient.effectiveSize, isControlled },
      variance: summary.variance,
      rHat: summary.rHat,
      identity: stated(identity),
      localizationSlope: summary.localizationSlope,
      localizationEnergy: summary.localizationEnergy,
      lowest: summary.lowest,
      rounding,
      draws: energies[0].length,
      divergences: drawn.divergences,
      step: drawn.step,
      stepsEach: drawn.stepsEach,
      gradients: drawn.gradients,
      chains: summary.chains.map((chain, c) => ({ ...chain, acceptance: drawn.acceptance[c] })),
    },
  };
}

function stated({ mean, standardError, half }: ReturnType<typeof summarizeDraws>["coefficient"]) {
  return { value: mean, standardError, half };
}

/** L(w*) and its slope, rounded as the chains' losses are. */
async function lossAtHome(point: Point, chains: number, context: RunContext): Promise<LossAndGradient> {
  const home = point.parameters;
  const [found] = await gradientsAt(
    point,
    Array.from({ length: chains }, () => home),
    context,
  );
  if (!Number.isFinite(found.loss)) await point.value(context);
  return found;
}

/** What float32 adds to t ΔL on average, by the same places in float64. */
async function roundingOf(
  problem: Problem,
  { last }: Draws,
  tempering: Tempering,
  context: RunContext,
): Promise<number | null> {
  const wide = problem.inFloat64;
  if (wide === undefined) return problem.options.precision === "float64" ? 0 : null;
  const energiesIn = async (point: Problem["point"]) => {
    const home = await lossAtHome(point, last.length, context);
    const found = await temperedPosterior(point, home, tempering, context).at(last);
    return found.map((each) => each.note()[NOTED.energy]);
  };
  const exact = await energiesIn(wide.point);
  const rounded = await energiesIn(problem.point);
  return Math.abs(exact.reduce((sum, x, i) => sum + rounded[i] - x, 0) / exact.length);
}
