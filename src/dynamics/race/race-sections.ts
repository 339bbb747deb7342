import type { ShownSection } from "../../result/shown-section.ts";
import { formatNumber } from "../../util/format-number.ts";
import { formatCount, formatCounted } from "../../util/format-size.ts";
import { betaQuantile } from "../../linalg/distributions.ts";
import type { RaceResult, RaceRunner } from "./race-result.ts";
import { ENDS } from "./run-race.ts";

/** A race in words and numbers. */
export function raceSections(result: RaceResult): ShownSection[] {
  const { function: f, goal, starts, mostSteps, tolerance, noise, optimizers } = result;
  const missing = optimizers.filter(({ runs }) => runs.length < starts);
  const met = ENDS.filter(({ name }) => optimizers.some(({ ends }) => ends.some(({ end }) => end === name)));
  return [
    {
      title: `A race on ${f.name}`,
      caveats: missing.map(
        ({ optimizer, runs }) => `${runs.length} of ${starts} walks of ${optimizer} were done: the time was up.`,
      ),
      text: [
        `${f.toy}, ${f.summary}, in ${formatCounted(f.dimension, "dimension")}: ${formatCounted(starts, "start")} that all optimisers share, ${formatCounted(mostSteps, "step")} at most, until ${goal.says}.${noise > 0 ? ` Each coordinate of the gradient has normal noise of deviation ${formatNumber(noise)}.` : ""}`,
        ...optimizers.map((each) => sentence(each)),
        `How a walk ended (the first that holds, tolerance ${formatNumber(tolerance)}): ${met.map(({ name, rule }) => `${name}: ${rule}`).join("; ")}.`,
      ],
      readings: optimizers.map((each) => ({
        label: each.optimizer,
        value: `${formatCount(each.reached)} of ${formatCount(each.runs.length)}`,
        note: `walks that reached the goal${each.runs.length > 0 ? `; of all starts drawn like these ${shareText(each)}` : ""}`,
        key: { label: each.optimizer, number: { value: each.reached, error: 0 } },
      })),
      table: {
        columns: ["optimiser", "reached", "steps (median)", "least", "most", "gradients", "products"],
        rows: optimizers.map((each) => [
          each.optimizer,
          `${each.reached}/${each.runs.length}`,
          each.steps?.median ?? null,
          each.steps?.least ?? null,
          each.steps?.most ?? null,
          medianOf(each.runs.map(({ gradients }) => gradients)),
          medianOf(each.runs.map(({ products }) => products)),
        ]),
      },
    },
  ];
}

function sentence(each: RaceRunner): string {
  const { optimizer, runs, reached, steps } = each;
  const how =
    steps === null
      ? ""
      : ` in ${steps.median} steps (median; ${formatCount(steps.least)} to ${formatCount(steps.most)})`;
  const others = otherEnds(each);
  return `${optimizer}: ${formatCount(reached)} of ${formatCounted(runs.length, "walk")} reached the goal${how}${others === "" ? "" : `; ${others}`}.`;
}

function otherEnds({ ends }: RaceRunner): string {
  return ends
    .filter(({ end }) => end !== "reached")
    .map(({ end, count }) => `${count} ${end}`)
    .join(", ");
}

/** 95 % interval of a share (Clopper & Pearson 1934). */
function shareText({ reached, runs: { length } }: RaceRunner): string {
  const lower = reached === 0 ? 0 : betaQuantile(0.025, reached, length - reached + 1);
  const upper = reached === length ? 1 : betaQuantile(0.975, reached + 1, length - reached);
  return `${formatNumber(100 * lower, 3)} to ${formatNumber(100 * upper, 3)} % (95 % interval)`;
}

/** The middle one, or the mean of the two; null of none. */
export function medianOf(numbers: readonly number[]): number | null {
  if (numbers.length === 0) return null;
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
