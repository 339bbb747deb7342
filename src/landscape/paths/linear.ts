import { straight } from "./curve.ts";
import type { PathKind } from "./path.ts";

export const linear: PathKind = {
  name: "linear",
  noun: "straight line",
  summary: "the straight line",
  isSearched: false,
  find: () => Promise.resolve({ points: [], isWhole: true }),
  curve: ([a, b]) => straight(a, b),
  cost: () => ({ losses: 0, gradients: 0, sampled: 0 }),
};
