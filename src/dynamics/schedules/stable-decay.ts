import type { Schedule } from "./schedule.ts";

/** The part at the end in which the step size falls. */
const DECAY = 1 / 5;

export const stableDecay: Schedule = {
  name: "stable-decay",
  summary: "the step size stays, and falls linearly to 0 over the last fifth",
  source: "Hu 2024",
  factor: (step, steps) => Math.min(1, (1 - step / steps) / DECAY),
};
