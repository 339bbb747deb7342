import type { ShownSection } from "../../result/shown-section.ts";
import { formatEstimate, formatNumber } from "../../util/format-number.ts";
import { formatCount, formatCounted } from "../../util/format-size.ts";
import { KINDS } from "./classify.ts";
import type { CriticalClass, CriticalResult } from "./critical-result.ts";
import { ENDS } from "./search.ts";
import { capitalized } from "../../util/capitalized.ts";

/** Rows of the table where there is little room. */
const BRIEF_ROWS = 12;

/** The critical points of a loss in words and numbers. */
export function criticalSections(result: CriticalResult): ShownSection[] {
  const { starts, searched, classes, kinds, ends, points, method, tolerance, mostSteps, medianSteps } = result;
  const missed = searched - points.start.length;
  const met = ENDS.filter(({ name }) => ends.some(({ end }) => end === name));
  const seen = KINDS.filter(({ name }) => kinds.some(({ kind }) => kind === name));
  return [
    {
      title: "Critical points",
      caveats: [
        ...(searched < starts ? [`${searched} of ${starts} searches were done: the time was up.`] : []),
        ...(missed > 0
          ? [
              `${formatCount(missed)} of ${formatCounted(searched, "search", "searches")} ended at no critical point: ${ends
                .filter(({ end }) => end !== "critical")
                .map(({ end, count }) => `${count} ${end}`)
                .join(", ")}.`,
            ]
          : []),
      ],
      text: [
        `${method}, from ${formatCounted(starts, "start")} (${result.from}), until the gradient is ${formatNumber(tolerance)} of what it was at the start, ${formatCounted(mostSteps, "step")} at most${medianSteps === null ? "" : `; ${medianSteps} were taken (median)`}.`,
        ...lowestSentences(classes),
        ...(result.rankCorrelation === null
          ? []
          : [
              `The rank correlation of index and loss over the ${classes.length} classes is ${formatNumber(result.rankCorrelation, 2)} (1: the higher, the more ways down).`,
            ]),
        ...(seen.length === 0
          ? []
          : [
              `What kinds are, the first that holds: ${seen.map(({ name, rule }) => `${name}: ${rule}`).join("; ")}. Searches find what attracts them: that a kind is missing does not mean that there is none.`,
            ]),
        ...(missed > 0 ? [`How a search ended: ${met.map(({ name, rule }) => `${name}: ${rule}`).join("; ")}.`] : []),
      ],
      readings: kinds.map(({ kind, found, classes: count }) => ({
        label: capitalized(KINDS.find(({ name }) => name === kind)?.plural ?? kind),
        value: formatCount(found),
        note: `searches that ended at one; ${formatCounted(count, "class", "classes")} of equal loss and index`,
        key: { label: capitalized(kind), number: { value: found, error: 0 } },
      })),
      table:
        classes.length === 0
          ? null
          : {
              columns: [
                "kind",
                "index",
                "loss",
                "curvatures of 0",
                "by symmetry",
                "0 ends at",
                "smallest beyond",
                "searches",
                "distinct points",
              ],
              rows: classes.map((each) => [
                each.kind,
                each.index,
                formatEstimate(each.loss, each.lossError),
                each.flat,
                each.symmetric,
                formatNumber(each.zero, 2),
                each.leastCurvature === null ? null : formatNumber(each.leastCurvature, 3),
                each.found,
                `${each.distinctIsLeast ? "≥ " : ""}${each.distinct}`,
              ]),
              brief: {
                rows: classes.map((_, i) => i).slice(0, BRIEF_ROWS),
                columns: [0, 1, 2, 3, 4, 7],
              },
            },
    },
  ];
}

/** What the minima that were found say of each other. */
function lowestSentences(classes: readonly CriticalClass[]): string[] {
  const minima = classes.filter(({ kind }) => kind === "minimum");
  if (minima.length === 0) return classes.length === 0 ? [] : ["No minimum was found."];
  const [lowest, ...others] = minima;
  const searches = minima.reduce((sum, { found }) => sum + found, 0);
  const saddles = classes.filter(({ kind }) => kind === "saddle");
  const below = saddles.filter(({ loss, lossError }) => loss + lossError < lowest.loss - lowest.lossError);
  return [
    others.length === 0
      ? `All ${formatCounted(searches, "search", "searches")} that ended at a minimum found the loss ${shown(lowest)}.`
      : `Minima lie at ${formatCount(minima.length)} losses, from ${shown(lowest)} to ${shown(others[others.length - 1])}.`,
    ...(below.length === 0
      ? []
      : [
          `${formatCounted(below.length, "class", "classes")} of saddles ${below.length === 1 ? "lies" : "lie"} below the lowest minimum that was found: there are lower minima, or none at all.`,
        ]),
  ];
}

function shown({ loss, lossError }: CriticalClass): string {
  return formatEstimate(loss, lossError);
}
