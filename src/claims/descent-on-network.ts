import { sharpness } from "../dynamics/tracked/sharpness.ts";
import { Tracker } from "../dynamics/tracked/track.ts";
import { startOf, type Step, Trainer } from "../dynamics/trainer.ts";
import { gradientDescent } from "../optimizers/gradient-descent.ts";
import { tensorRule } from "../optimizers/optimizer.ts";
import type { Problem } from "../problem/problem.ts";
import { throwIfInterrupted } from "../util/run-context.ts";
import type { ClaimDesk } from "./claim/define-claim.ts";

interface Course {
  /** η. */
  readonly lr: number;
  readonly steps: number;
  /** Steps from one look at the curvature to the next; nobody looks when absent. */
  readonly every?: number;
}

/** What was seen of a descent. */
export interface Descent {
  /** Of all examples, before each step; it ends where one is not finite. */
  readonly losses: number[];
  /** λmax before steps 0, every, 2 every, … */
  readonly curvatures: number[];
  /** The weights behind the last step. */
  readonly end: Float64Array;
}

/**
 * Gradient descent on all examples, from the weights of a problem, as `thalweg train --batch full --optimizer gd --track sharpness` goes
 * it. Cost: a gradient for each step, up to ten products for each look.
 */
export async function descentOnNetwork(
  problem: Problem,
  { lr, steps, every }: Course,
  { random, context }: ClaimDesk,
): Promise<Descent> {
  const { examples, space } = problem;
  const rule = tensorRule(gradientDescent.with({ lr }).rule);
  const trainer = new Trainer(problem, { rule }, startOf(problem, rule));
  const quantities = every === undefined ? [] : [sharpness];
  const tracker = new Tracker(problem, { quantities, every: every ?? 1, examples }, random, new Map());
  const all = Uint32Array.from({ length: examples }, (_, i) => i);
  const losses: number[] = [];
  const curvatures: number[] = [];
  try {
    for (let step = 0; step < steps;) {
      if (tracker.isDue(step)) {
        const standing = { step, rule, stepSize: lr, coupledDecay: 0, batch: examples, state: trainer.state };
        const { numbers } = await tracker.measure(standing, context);
        for (const { value } of numbers) curvatures.push(value);
      }
      const next = Math.min(steps, tracker.nextDue(step));
      const between = Array.from({ length: next - step }, (_, i): Step => ({
        examples: all,
        numbers: rule.numbers(step + i),
      }));
      for await (const found of trainer.train(between)) {
        for (const { loss } of found) losses.push(loss);
        throwIfInterrupted(context);
      }
      if (!losses.every(Number.isFinite)) break;
      step = next;
    }
    return { losses, curvatures, end: space.flatten(trainer.state.tensors) };
  } finally {
    tracker.close();
    await trainer.close();
  }
}

/** λmax at the weights of a problem, as training tracks it. */
export async function sharpnessAt(problem: Problem, { random, context }: ClaimDesk): Promise<number> {
  const { examples } = problem;
  const rule = tensorRule(gradientDescent.with({}).rule);
  const tracker = new Tracker(problem, { quantities: [sharpness], every: 1, examples }, random, new Map());
  const standing = { step: 0, rule, stepSize: 0, coupledDecay: 0, batch: examples, state: startOf(problem, rule) };
  try {
    const { numbers } = await tracker.measure(standing, context);
    return numbers[0].value;
  } finally {
    tracker.close();
  }
}
