import type { Schedule } from "./schedule.ts";

export const cosine: Schedule = {
  name: "cosine",
  summary: "½(1 + cos πt/T): from 1 towards 0",
  source: "Loshchilov 2017",
  factor: (step, steps) => (1 + Math.cos((Math.PI * step) / steps)) / 2,
};
