import type { Schedule } from "./schedule.ts";

/** Parts of the training after which the step size is halved. */
const HALVED_AFTER = 1 / 10;

export const inverseTime: Schedule = {
  name: "inverse-time",
  summary: "1/(1 + 10t/T): as 1/t, halved after a tenth",
  source: "Robbins 1951",
  factor: (step, steps) => 1 / (1 + step / (HALVED_AFTER * steps)),
};
