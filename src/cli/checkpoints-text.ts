import { checkpointTable } from "../report/checkpoint-sections.ts";
import type { ResultDocument } from "../documents/result-kinds.ts";
import { formatCount, formatCounted } from "./format.ts";
import { table, wrap } from "./layout.ts";
import type { Style } from "./terminal.ts";

type CheckpointsDocument = ResultDocument<"checkpoints">;

/** The numbers of each checkpoint on a line. */
export function checkpointsText({ result, checks }: CheckpointsDocument, style: Style): string {
  const failed = checks.filter(({ passed }) => passed === false);
  const open = result.checkpoints.filter(({ converged }) => !converged);
  const { columns, rows } = checkpointTable(result);
  const parts = failed.map(({ title, detail }) => wrap(`${style.red("FAIL")} ${title}: ${detail}`));
  if (open.length > 0)
    parts.push(
      wrap(
        style.yellow(
          `At ${formatCounted(open.length, "checkpoint")} not every measurement reached its tolerance: ${open.map(({ weights }) => weights).join(", ")}.`,
        ),
      ),
    );
  if (failed.length === 0)
    parts.push(
      `${style.green("pass")} ${checks.filter(({ passed }) => passed === true).length} checks at each of ${formatCounted(result.checkpoints.length, "checkpoint")}; ${formatCount(result.products)} products of H, G and Σ in all.`,
    );
  parts.push(
    table(
      [columns.map(style.bold), ...rows.map((row) => row.map(String))],
      columns.map((_, i) => (i === 0 ? "left" : "right")),
    ),
  );
  return `${parts.join("\n\n")}\n`;
}
