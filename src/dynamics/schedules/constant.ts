import type { Schedule } from "./schedule.ts";

export const constant: Schedule = {
  name: "constant",
  summary: "the step size stays",
  source: "Robbins 1951",
  factor: () => 1,
};
