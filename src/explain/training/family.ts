import type { Family } from "../term.ts";
import { deadUnit } from "./dead-unit.ts";
import { edgeOfStability } from "./edge-of-stability.ts";
import { stabilityLimit } from "./stability-limit.ts";

export const trainingTerms: Family = {
  title: "Training",
  terms: [edgeOfStability, stabilityLimit, deadUnit],
};
