import { requireUnique } from "../../util/require-unique.ts";
import { constant } from "./constant.ts";
import { cosine } from "./cosine.ts";
import { inverseTime } from "./inverse-time.ts";
import type { Schedule } from "./schedule.ts";
import { stableDecay } from "./stable-decay.ts";
import { step } from "./step.ts";

/** Every schedule, in the order of the help. */
export const SCHEDULES: readonly Schedule[] = [constant, cosine, step, inverseTime, stableDecay];

requireUnique(SCHEDULES, ({ name }) => name, "schedules");

/**
 * The step size as a share of the greatest: it rises linearly over the steps of the warm-up (Goyal 2017), and then goes as
 * the schedule says.
 */
export function shareOfStepSize(schedule: Schedule, step: number, steps: number, warmup: number): number {
  return step < warmup ? (step + 1) / warmup : schedule.factor(step - warmup, Math.max(1, steps - warmup));
}
