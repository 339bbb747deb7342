import { aboutEmptyBatches } from "../empty-batches.ts";
import type { ShownSection } from "../../result/shown-section.ts";
import { formatNumber } from "../../util/format-number.ts";
import { formatCount, formatCounted } from "../../util/format-size.ts";
import { betaQuantile } from "../../linalg/distributions.ts";
import { medianOf } from "../../linalg/median-of.ts";
import type { RaceResult, RaceRunner } from "./race-result.ts";
import { ENDS } from "./run-race.ts";

/** A race in words and numbers. */
export function raceSections(result: RaceResult): ShownSection[] {
  const { function: f, starts, tolerance, optimizers } = result;
  const missing = optimizers.filter(({ runs }) => runs.length < starts);
  const met = ENDS.filter(({ name }) => optimizers.some(({ ends }) => ends.some(({ end }) => end === name)));
  const isHeldOut = optimizers.some(({ heldOut }) => heldOut !== null);
  const medians = (each: RaceRunner) => [
    medianOf(each.runs.map(({ gradients }) => gradients)),
    medianOf(each.runs.map(({ products }) => products)),
  ];
  return [
    {
      title: `A race on ${f.name}`,
      caveats: missing.map(
        ({ optimizer, runs }) => `${runs.length} of ${starts} walks of ${optimizer} were done: the time was up.`,
      ),
      text: [
        about(result),
        ...optimizers.map((each) => sentence(each)),
        `How a walk ended (the first that holds, tolerance ${formatNumber(tolerance)}): ${met.map(({ name, rule }) => `${name}: ${rule}`).join("; ")}.`,
      ],
      readings: optimizers.map((each) => reading(each)),
      table:
        f.toy === null
          ? {
              columns: [
                "optimiser",
                "loss (median)",
                "least",
                "most",
                ...(isHeldOut ? ["held-out loss (median)"] : []),
                "gradients",
                "products",
                "values",
              ],
              rows: optimizers.map((each) => [
                each.optimizer,
                each.loss?.median ?? null,
                each.loss?.least ?? null,
                each.loss?.most ?? null,
                ...(isHeldOut ? [each.heldOut?.median ?? null] : []),
                ...medians(each),
                medianOf(each.runs.map(({ values }) => values)),
              ]),
            }
          : {
              columns: ["optimiser", "reached", "steps (median)", "least", "most", "gradients", "products"],
              rows: optimizers.map((each) => [
                each.optimizer,
                `${each.reached ?? 0}/${each.runs.length}`,
                each.steps?.median ?? null,
                each.steps?.least ?? null,
                each.steps?.most ?? null,
                ...medians(each),
              ]),
            },
    },
  ];
}

/** What was walked on, from where and how far. */
function about({ function: f, goal, starts, mostSteps, noise, batch, examples, optimizers }: RaceResult): string {
  const runs = optimizers.flatMap((each) => each.runs);
  const sumOf = (of: (run: (typeof runs)[number]) => number) => runs.reduce((sum, run) => sum + of(run), 0);
  const empty = aboutEmptyBatches(
    sumOf((run) => run.emptyBatches),
    sumOf(({ steps }) => steps),
  );
  const until = goal === null ? "" : `, until ${goal.says}`;
  const course = `${formatCounted(starts, "start")} that all optimisers share, ${formatCounted(mostSteps, "step")} at most${until}.`;
  const noisy =
    noise > 0 ? ` Each coordinate of the gradient has normal noise of deviation ${formatNumber(noise)}.` : "";
  if (f.toy !== null) return `${f.toy}, ${f.summary}, in ${formatCounted(f.dimension, "dimension")}: ${course}${noisy}`;
  const shuffled =
    starts > 1
      ? " The first start is the weights of the model; in the others the numbers of each tensor are shuffled."
      : "";
  const batches =
    batch === null || examples === null || batch === examples
      ? ""
      : ` What an optimiser asks for in a step is of ${formatCount(batch)} of the ${formatCount(examples)} examples; the losses that are shown are of all.`;
  return `${f.name}, ${f.summary}, with ${formatCounted(f.dimension, "parameter")}: ${course}${shuffled}${batches}${noisy}${empty.map((each) => ` ${each}`).join("")}`;
}

function reading(each: RaceRunner): ShownSection["readings"][number] {
  const { optimizer, reached, runs, loss } = each;
  if (reached === null)
    return {
      label: optimizer,
      value: loss === null ? "n/a" : formatNumber(loss.median),
      note:
        loss === null
          ? "no walk ended at a loss"
          : runs.length === 1
            ? "loss at the end"
            : `loss at the end, the median of ${formatCounted(runs.filter(({ end }) => end !== "diverged").length, "walk")}`,
    };
  return {
    label: optimizer,
    value: `${formatCount(reached)} of ${formatCount(runs.length)}`,
    note: `walks that reached the goal${runs.length > 0 ? `; of all starts drawn like these ${shareText(reached, runs.length)}` : ""}`,
    key: { label: optimizer, number: { value: reached, error: 0 } },
  };
}

function sentence(each: RaceRunner): string {
  const { optimizer, runs, reached, steps, loss, heldOut } = each;
  const others = otherEnds(each);
  const ending = others === "" ? "" : `; ${others}`;
  const losses =
    loss === null
      ? ""
      : `loss ${spread(loss, runs)} at the end${heldOut === null ? "" : `, of the held-out examples ${spread(heldOut, runs)}`}`;
  if (reached === null)
    return `${optimizer}: ${formatCounted(runs.length, "walk")}${losses === "" ? "" : `, ${losses}`}${ending}.`;
  const how =
    steps === null
      ? ""
      : ` in ${steps.median} steps (median; ${formatCount(steps.least)} to ${formatCount(steps.most)})`;
  return `${optimizer}: ${formatCount(reached)} of ${formatCounted(runs.length, "walk")} reached the goal${how}${losses === "" ? "" : `, ${losses}`}${ending}.`;
}

/** The median of the walks, and how far they lie apart where they are several. */
function spread({ median, least, most }: NonNullable<RaceRunner["loss"]>, runs: RaceRunner["runs"]): string {
  return `${formatNumber(median)}${runs.length === 1 ? "" : ` (median; ${formatNumber(least)} to ${formatNumber(most)})`}`;
}

function otherEnds({ ends }: RaceRunner): string {
  return ends
    .filter(({ end }) => end !== "reached")
    .map(({ end, count }) => `${count} ${end}`)
    .join(", ");
}

/** 95 % interval of a share (Clopper & Pearson 1934). */
function shareText(reached: number, length: number): string {
  const lower = reached === 0 ? 0 : betaQuantile(0.025, reached, length - reached + 1);
  const upper = reached === length ? 1 : betaQuantile(0.975, reached + 1, length - reached);
  return `${formatNumber(100 * lower, 3)} to ${formatNumber(100 * upper, 3)} % (95 % interval)`;
}
