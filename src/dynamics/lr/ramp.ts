import { type CoordinateRule, tensorRule } from "../../optimizers/optimizer.ts";
import type { Problem } from "../../problem/problem.ts";
import type { TaskDesk } from "../../runs/task.ts";
import { throwIfInterrupted } from "../../util/run-context.ts";
import { Order } from "../mini-batches.ts";
import { startOf, type Step, Trainer } from "../trainer.ts";
import { findRise, LEFT } from "./find-rise.ts";
import type { RampPart } from "./lr-result.ts";

/** The step from 1 to the next number. */
const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 } as const;

/** Trains with a step size that grows by a constant factor, from the weights of the problem; they stay what they are. */
export async function rampUp(
  problem: Problem,
  rule: CoordinateRule,
  {
    from,
    to,
    steps,
    batch,
  }: { readonly from: number; readonly to: number; readonly steps: number; readonly batch: number },
  { common, context }: TaskDesk,
): Promise<RampPart> {
  const order = new Order(problem.examples, batch, common.split("order"));
  const sizes = Array.from({ length: steps }, (_, k) => from * (to / from) ** (k / Math.max(1, steps - 1)));
  const trainer = new Trainer(problem, { rule: tensorRule(rule), clip: undefined }, startOf(problem, tensorRule(rule)));
  const losses: number[] = [];
  let passedOver = 0;
  function* all(): Generator<Step> {
    for (const [k, size] of sizes.entries()) {
      // The loss of a batch in which no label counts is no place of the ramp. All of an epoch are not such.
      while (!problem.hasTerms(order.at(k + passedOver))) passedOver++;
      yield { examples: order.at(k + passedOver), numbers: rule.numbers(k, size) };
    }
  }
  try {
    steps: for await (const found of trainer.train(all())) {
      throwIfInterrupted(context);
      for (const { loss } of found) {
        losses.push(loss);
        const lowest = losses.reduce((least, x) => Math.min(least, Math.abs(x)), Number.POSITIVE_INFINITY);
        if (!Number.isFinite(loss) || loss > LEFT ** 2 * Math.max(lowest, Math.abs(losses[0]))) break steps;
      }
      context.progress?.({ stage: "ramp of the step size", done: losses.length, total: steps });
      if (context.outOfTime?.() === true) break;
    }
  } finally {
    await trainer.close();
  }
  const stepSize = sizes.slice(0, losses.length);
  const { rises, steepest, smoothed } = findRise(stepSize, losses, EPSILON[problem.options.precision]);
  return { from, to, asked: steps, passedOver, stepSize, loss: losses, smoothed, rises, steepest };
}
