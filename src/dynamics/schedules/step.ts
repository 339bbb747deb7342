import type { Schedule } from "./schedule.ts";

export const step: Schedule = {
  name: "step",
  summary: "a tenth after one half, a hundredth after three quarters",
  source: "He 2016",
  factor: (at, steps) => (at < steps / 2 ? 1 : at < (3 * steps) / 4 ? 0.1 : 0.01),
};
