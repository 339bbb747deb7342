import { z } from "zod";
import { gradientsAt } from "../../problem/gradients-at.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import { real } from "../../result/real.ts";
import { defineTask } from "../../runs/task.ts";
import type { Draws } from "../../sampling/sampler.ts";
import { SAMPLERS } from "../../sampling/registry.ts";
import { chosen } from "../../util/chosen.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { RunContext } from "../../util/run-context.ts";
import { llcOptions, sizeOf } from "./llc-options.ts";
import { temperature } from "./llc-result.ts";
import { summarizeDraws } from "./summarize-draws.ts";
import { NOTED, temperedPosterior, type Tempering } from "./tempered-posterior.ts";

const sampled = z.object({
  found: temperature.nullable().describe("null where the time was up before enough was drawn."),
  energies: z.array(z.array(real)).describe("nβ(L(w) − L(w*)): a chain, a draw."),
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
    const asked = llcOptions.parse(ownOf(options));
    const { localization, spread, chains, warmup, draws } = asked;
    const size = sizeOf(asked, problem);
    const tempering = { inverseTemperature: (size * multiple) / Math.log(size), localization, spread };
    const density = temperedPosterior(
      problem.point,
      await homeLoss(problem.point, chains, context),
      tempering,
      context,
    );
    const sampler = chosen("sampler", asked.sampler, SAMPLERS);
    const drawn = await sampler.sample(density, { chains, warmup, draws }, random, context);
    const energies = drawn.noted.map((chain) => chain.map((numbers) => numbers[NOTED.energy]));
    if (energies[0].length < FEWEST) return { found: null, energies };
    const summary = summarizeDraws(drawn, localization);
    const rounding = await roundingOf(problem, drawn, tempering, context);
    const { coefficient, identity, isControlled } = summary;
    return {
      energies,
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
  },
});

function stated({ mean, standardError, half }: ReturnType<typeof summarizeDraws>["coefficient"]) {
  return { value: mean, standardError, half };
}

/** Those options that are the experiment's own. */
export function ownOf(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([key]) => key in llcOptions.shape));
}

/** L(w*), rounded as the chains' losses are. */
async function homeLoss(point: Point, chains: number, context: RunContext): Promise<number> {
  const home = point.parameters;
  const [{ loss }] = await gradientsAt(
    point,
    Array.from({ length: chains }, () => home),
    context,
  );
  if (!Number.isFinite(loss)) await point.value(context);
  return loss;
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
    const home = await homeLoss(point, last.length, context);
    const found = await temperedPosterior(point, home, tempering, context).at(last);
    return found.map((each) => each.note()[NOTED.energy]);
  };
  const exact = await energiesIn(wide.point);
  const rounded = await energiesIn(problem.point);
  return Math.abs(exact.reduce((sum, x, i) => sum + rounded[i] - x, 0) / exact.length);
}
