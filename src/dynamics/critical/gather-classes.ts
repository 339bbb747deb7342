import { formatNumber } from "../../util/format-number.ts";
import { kindOf, type Signs } from "./classify.ts";
import type { CriticalClass } from "./critical-result.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** A critical point as a search found it. */
export interface CriticalPoint extends Signs {
  readonly start: number;
  readonly loss: number;
  readonly lossError: number;
  readonly zero: number;
  readonly leastCurvature: number | null;
  readonly gradientNorm: number;
  readonly gradientAtStart: number;
}

/** Points of one class. */
export interface Gathered<Point> {
  readonly about: Omit<CriticalClass, "distinct" | "distinctIsLeast">;
  readonly points: readonly Point[];
}

/** Relative to the losses, beside what errors leave open: values that are closer are one. */
const CLOSE = 1e-9;

/**
 * Points put together by what every symmetry leaves alone: the loss, and the numbers of negative and of positive curvatures
 * (Sylvester's law of inertia: at a critical point maps of weights act on H by congruence). By rising loss.
 */
export function gatherClasses<Point extends CriticalPoint>(points: readonly Point[]): Gathered<Point>[] {
  const order = points.toSorted((a, b) => a.negative - b.negative || a.positive - b.positive || a.loss - b.loss);
  const groups: Point[][] = [];
  order.forEach((point, i) => {
    const before = i > 0 ? order[i - 1] : undefined;
    const isNext =
      before?.negative === point.negative &&
      before.positive === point.positive &&
      point.loss - before.loss <= before.lossError + point.lossError + CLOSE * Math.abs(point.loss);
    if (isNext) groups[groups.length - 1].push(point);
    else groups.push([point]);
  });
  return groups
    .map((group) => ({ about: aboutOf(group), points: group }))
    .toSorted((a, b) => a.about.loss - b.about.loss);
}

function aboutOf(group: readonly CriticalPoint[]): Gathered<CriticalPoint>["about"] {
  const best = group.reduce((a, b) => (b.gradientNorm < a.gradientNorm ? b : a));
  const { loss, lossError, negative, positive, flat, symmetric } = best;
  const kind = kindOf({ negative, positive, flat, symmetric });
  const curvatures = group.flatMap(({ leastCurvature }) => (leastCurvature === null ? [] : [leastCurvature]));
  return {
    name: `${kind}${kind === "saddle" ? ` of index ${negative}` : ""} at ${formatNumber(loss, 6)}`,
    kind,
    loss,
    lossError,
    index: negative,
    positive,
    flat,
    symmetric,
    zero: maxOf(group.map(({ zero }) => zero)),
    leastCurvature: curvatures.length === 0 ? null : minOf(curvatures),
    found: group.length,
  };
}
