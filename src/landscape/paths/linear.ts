import { straight } from "./curve.ts";
import type { PathKind } from "./path.ts";

export const linear: PathKind = {
  name: "linear",
  noun: "straight line",
  summary: "the straight line",
  find: (_ground, [a, b]) => Promise.resolve(straight(a, b)),
};
