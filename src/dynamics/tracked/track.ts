import { z } from "zod";
import { takeExamples } from "../../data/take-examples.ts";
import type { Problem } from "../../problem/problem.ts";
import type { Sample } from "../../problem/sample.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { count, real } from "../../result/real.ts";
import { chosen } from "../../util/chosen.ts";
import type { RunContext } from "../../util/run-context.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { Tensor } from "../../util/tensor.ts";
import { divisorsOf, type StandingRule } from "../divisors-of.ts";
import { statisticsOf } from "../trainer.ts";
import { TRACKED } from "./registry.ts";
import type { Tracked } from "./tracked.ts";

/** What was measured before one step. */
export const trackedStep = z.object({
  step: count,
  numbers: z.array(z.object({ quantity: z.string(), series: z.string(), value: real, error: real.nullable() })),
});
export type TrackedStep = z.output<typeof trackedStep>;

/** What is tracked, how often, on how many examples. */
export interface Tracking {
  readonly quantities: readonly Tracked[];
  readonly every: number;
  /** The first of a random order of all in which a label counts. */
  readonly examples: number;
}

/** Share of what the steps between two measurements take. */
const SHARE = 0.6;
/** Fewer examples say little of the others. */
const LEAST_EXAMPLES = 64;

/**
 * What is to be tracked. Where nobody says on how many examples, as many as make it cheaper than the training: the gradients that the
 * quantities take of each, times their number, are a part of those of the steps between.
 *
 * @throws usage error `unknown-choice`, `cannot-track`
 */
export function trackingOf(
  problem: Problem,
  asked: { readonly track: readonly string[]; readonly trackEvery: number; readonly trackExamples?: number },
  batch: number,
): Tracking {
  const quantities = asked.track.map((name) => chosen("tracked quantity", name, TRACKED));
  for (const quantity of quantities) {
    const reason =
      quantity.needsFixedLoss === true && statisticsOf(problem).length > 0
        ? "its loss changes with the batch while running statistics are gathered; `thalweg trajectory` measures it at the checkpoints"
        : quantity.notFor?.(problem);
    if (reason !== undefined)
      throw new ThalwegError({
        kind: "usage",
        code: "cannot-track",
        message: `${quantity.title} of this network cannot be tracked: ${reason}.`,
        hint: `Leave ${quantity.name} out of --track.`,
      });
  }
  const cost = quantities.reduce((sum, each) => sum + each.cost, 0);
  const affordable = Math.max(LEAST_EXAMPLES, Math.floor((SHARE * asked.trackEvery * batch) / Math.max(cost, 1)));
  const most = asked.trackExamples ?? affordable;
  const examples =
    most >= problem.examples ? problem.examples : Math.min(most, problem.point.sample.contributing().length);
  return { quantities, every: asked.trackEvery, examples };
}

/** Where the optimiser stands. */
export interface Standing extends StandingRule {
  /** As {@link TrackedPoint} has it. */
  readonly coupledDecay: number;
  readonly batch: number;
}

/** Measures along a training. Close it. */
export class Tracker {
  private readonly problem: Problem;
  private readonly tracking: Tracking;
  private readonly random: RandomStream;
  private readonly memories: Map<string, Map<string, Float64Array>>;
  private sample: Sample | undefined;

  /** @param memory what an earlier one left */
  constructor(problem: Problem, tracking: Tracking, random: RandomStream, memory: ReadonlyMap<string, Tensor>) {
    this.problem = problem;
    this.tracking = tracking;
    this.random = random;
    this.memories = new Map(tracking.quantities.map(({ name }) => [name, new Map<string, Float64Array>()]));
    for (const [key, { data }] of memory) {
      const [quantity, name] = key.split(":");
      this.memories.get(quantity)?.set(name, Float64Array.from(data));
    }
  }

  isDue(step: number): boolean {
    return this.tracking.quantities.length > 0 && step % this.tracking.every === 0;
  }

  /** The first step behind one at which something is measured; ∞ where nothing is. */
  nextDue(step: number): number {
    const { quantities, every } = this.tracking;
    return quantities.length === 0 ? Number.POSITIVE_INFINITY : (Math.floor(step / every) + 1) * every;
  }

  async measure(standing: Standing, context: RunContext): Promise<TrackedStep> {
    const { problem, tracking, random } = this;
    const theta = problem.space.flatten(standing.state.tensors);
    this.sample ??= this.takeSample();
    await using point = problem.at(theta, { examples: this.sample });
    const preconditioner = divisorsOf(problem, standing);
    const numbers: TrackedStep["numbers"] = [];
    for (const quantity of tracking.quantities) {
      const found = await quantity.measure({
        problem,
        point,
        preconditioner,
        isPreconditioned: standing.rule.coordinates?.preconditioner !== undefined,
        coupledDecay: standing.coupledDecay,
        batch: standing.batch,
        between: tracking.every * standing.batch,
        random: random.split(quantity.name),
        memory: this.memories.get(quantity.name) ?? new Map<string, Float64Array>(),
        context,
      });
      for (const { series, value, error } of found) numbers.push({ quantity: quantity.name, series, value, error });
    }
    return { step: standing.step, numbers };
  }

  /** For one that goes on from here. */
  get memory(): Map<string, Tensor> {
    return new Map(
      [...this.memories].flatMap(([quantity, memory]) =>
        [...memory].map(
          ([name, data]) => [`${quantity}:${name}`, { dtype: "float64", shape: [data.length], data }] as const,
        ),
      ),
    );
  }

  close(): void {
    if (this.sample !== this.problem.point.sample) this.sample?.feeds.release();
  }

  private takeSample(): Sample {
    const { problem, tracking, random } = this;
    if (tracking.examples >= problem.examples) return problem.point.sample;
    const order = random.split("examples").permutation(problem.examples);
    const counted = order.filter((example) => problem.hasTerms([example])).subarray(0, tracking.examples);
    return problem.sampleOf(takeExamples(problem.dataset, Int32Array.from(counted).toSorted()));
  }
}
