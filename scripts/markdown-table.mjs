const cell = (text) => String(text).replaceAll("|", "\\|").replaceAll("\n", " ");

/** A table in Markdown. */
export function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
}
