import type { Check } from "../../result/envelope.ts";
import { formatCount } from "../../util/format-size.ts";
import type { TopologyResult } from "./topology-result.ts";

/** Whether bars agree with what is counted, and diagrams are no further apart than functions. */
export function checksOf({ functions, distances }: TopologyResult): Check[] {
  const counted = functions.flatMap(({ euler }) => (euler === null ? [] : [euler]));
  const levels = counted.reduce((sum, each) => sum + each.levels, 0);
  const differing = counted.reduce((sum, each) => sum + each.differing, 0);
  const bounded = distances.flatMap(({ components, loops, largestDifference }) =>
    largestDifference === null ? [] : [{ distance: Math.max(components ?? 0, loops ?? 0), bound: largestDifference }],
  );
  const excess = bounded.reduce((most, { distance, bound }) => Math.max(most, distance - bound), 0);
  const largest = bounded.reduce((most, { bound }) => Math.max(most, bound), 0);
  return [
    ...(counted.length === 0
      ? []
      : [
          {
            name: "euler-characteristic",
            title: "Euler characteristic",
            passed: differing === 0,
            measured: differing,
            limit: 0,
            detail: `Levels at which points − edges + squares of the sublevel set are not its components − holes by the bars, of ${formatCount(levels)}.`,
          },
        ]),
    ...(bounded.length === 0
      ? []
      : [
          {
            name: "stability",
            title: "Distances of diagrams",
            passed: excess <= ROUNDING * largest,
            measured: largest === 0 ? 0 : excess / largest,
            limit: ROUNDING,
            detail:
              "By how much a bottleneck distance exceeds the largest difference of the two functions, relative to that.",
          },
        ]),
  ];
}

/** Differences of differences, in float64. */
const ROUNDING = 1e-12;
