import type { ShownSection } from "../../result/shown-section.ts";
import { formatEstimate, formatMeasured, formatNumber } from "../../util/format-number.ts";
import type { CheckpointsResult } from "./checkpoints-result.ts";

/** The numbers of each checkpoint in a row, as far as their errors support them; then what each warns of. */
export function checkpointSections({ checkpoints, products }: CheckpointsResult): ShownSection[] {
  const open = checkpoints.filter(({ converged }) => !converged);
  const warned = checkpoints.flatMap(({ weights, verdicts }) =>
    verdicts.flatMap(({ level, text }) => (level === "warn" ? [[weights, text]] : [])),
  );
  const isTested = checkpoints.some(({ heldOut }) => heldOut !== null);
  const rows = checkpoints.map(({ weights, loss, heldOut, gradientNorm, top, bottom, trace, gaussNewtonTrace }) => [
    weights,
    formatNumber(loss),
    ...(isTested ? [formatEstimate(heldOut?.loss, heldOut?.lossError)] : []),
    formatNumber(gradientNorm),
    ...[top?.[0], bottom?.[0]].map((pair) => (pair ? formatMeasured(pair.value, pair.residual) : formatNumber(null))),
    ...[trace, gaussNewtonTrace].map((each) =>
      each ? formatEstimate(each.value, each.standardError) : formatNumber(null),
    ),
  ]);
  const summary: ShownSection = {
    title: "Over the checkpoints",
    caveats:
      open.length === 0
        ? []
        : [`Not every measurement reached its tolerance at ${open.map(({ weights }) => weights).join(", ")}.`],
    text: [
      `One network at ${checkpoints.length} files of weights, each measured alone, with the same random numbers: ${products} products of H, G and Σ in all.`,
    ],
    readings: [],
    table: {
      columns: ["weights", "loss", ...(isTested ? ["held-out loss"] : []), "‖g‖", "λmax", "λmin", "tr H", "tr G"],
      rows,
    },
  };
  if (warned.length === 0) return [summary];
  return [
    summary,
    {
      title: "What to look at",
      caveats: [],
      text: [],
      readings: [],
      table: { columns: ["weights", "verdict"], rows: warned },
    },
  ];
}
