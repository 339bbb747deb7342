import type { PlanDocument } from "../runs/plan.ts";
import { formatBytes, formatCount, formatDuration } from "../util/format-size.ts";
import { table } from "./layout.ts";
import type { Style } from "./terminal.ts";

/** A plan, with the time that it should take and the memory that it takes at least. */
export function planText(plan: PlanDocument, style: Style): string {
  const { instruments, noun, tasks, msPerProduct, products, seconds } = plan;
  const sizeOf = (bytes: number | null) => (bytes === null || bytes === 0 ? "" : formatBytes(bytes));
  const rows = instruments.map(({ title, products: each, work = each, bytes, skipped }) =>
    skipped === null
      ? [title, formatCount(each), formatDuration(work * msPerProduct), sizeOf(bytes)]
      : [title, "skipped", "", ""],
  );
  const total = [
    `in all${tasks === 1 ? "" : `, ${formatCount(tasks)} times`}`,
    formatCount(products),
    formatDuration(1000 * seconds),
    plan.bytes === null ? "" : `≥ ${formatBytes(plan.bytes)}`,
  ];
  const lines = table(
    [[noun, "products", "about", "arrays held"], ...rows, total],
    ["left", "right", "right", "right"],
  );
  return `${style.bold("Plan")}\n${lines}\nThe memory in all is that of large arrays and what was held after a product on this problem; the engine takes more for every other derivative.\n`;
}
