import type { ShownSection } from "../../result/shown-section.ts";
import { notMeasured } from "../../runs/at-many-weights.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { CheckpointsResult } from "./checkpoints-result.ts";
import { followedNumbers } from "./followed-numbers.ts";

/** The numbers of each checkpoint in a row, as far as their errors support them; then what each warns of. */
export function checkpointSections({ checkpoints, unmeasured, products }: CheckpointsResult): ShownSection[] {
  const open = checkpoints.filter(({ converged }) => !converged);
  const warned = checkpoints.flatMap(({ weights, verdicts }) =>
    verdicts.flatMap(({ level, text }) => (level === "warn" ? [[weights, text]] : [])),
  );
  const numbers = followedNumbers(checkpoints);
  const rows = checkpoints.map(({ weights }, i) => [
    weights,
    ...numbers.map(({ values }) => values[i]?.value ?? formatNumber(null)),
  ]);
  const summary: ShownSection = {
    title: "Over the checkpoints",
    caveats: [
      ...unmeasured.map(notMeasured),
      ...(open.length === 0
        ? []
        : [`Not every measurement reached its tolerance at ${open.map(({ weights }) => weights).join(", ")}.`]),
    ],
    text: [
      `One network at ${checkpoints.length} files of weights, each measured alone, with the same random numbers: ${products} products of H, G and Σ in all.`,
    ],
    readings: [],
    table: {
      columns: ["weights", ...numbers.map(({ label }) => label)],
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
