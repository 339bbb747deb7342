import type { PlanDocument } from "../runs/plan.ts";
import { formatBytes, formatCount, formatDuration } from "../util/format-size.ts";
import { table } from "./layout.ts";
import type { Style } from "./terminal.ts";

/** A plan, with the time that it should take and the memory that it takes at least. */
export function planText(plan: PlanDocument, style: Style): string {
  const { instruments, noun, tasks, opening, programs, checks, checkBytes, products, seconds } = plan;
  const sizeOf = (bytes: number | null) => (bytes === null || bytes === 0 ? "" : formatBytes(bytes));
  const rows = instruments.map(({ title, products: each, seconds: taken, bytes, skipped }) =>
    skipped === null
      ? [title, formatCount(each), formatDuration(1000 * taken), sizeOf(bytes)]
      : [title, "skipped", "", ""],
  );
  const before = [
    ["reading and proving", "", formatDuration(1000 * opening), ""],
    ...(programs === 0 ? [] : [["deriving and opening programs", "", formatDuration(1000 * programs), ""]]),
    ...(checks === 0 ? [] : [["checks of every run", "", formatDuration(1000 * checks), sizeOf(checkBytes)]]),
  ];
  const total = [
    `in all${tasks === 1 ? "" : `, ${formatCount(tasks)} times`}`,
    formatCount(products),
    formatDuration(1000 * seconds),
    plan.bytes === null ? "" : `≥ ${formatBytes(plan.bytes)}`,
  ];
  const lines = table(
    [[noun, "products", "about", "arrays held"], ...before, ...rows, total],
    ["left", "right", "right", "right"],
  );
  return `${style.bold("Plan")}\n${lines}\nThe memory in all is that of large arrays and what was held after one of everything was computed; the engine takes more for other derivatives and larger blocks.\n`;
}
