import { maxOf } from "../util/extremes.ts";

import { stripVTControlCharacters } from "node:util";

/** Columns that text is laid out for where the terminal does not say, or is wider than is good to read. */
export const PAGE_WIDTH = 80;

/** Columns that a styled text takes. */
export function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

/** Breaks a paragraph between words so that no line is longer than `width`; later lines hang by `indent`. */
export function wrap(text: string, width = PAGE_WIDTH, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const start = lines.length === 0 ? "" : indent;
    if (line !== "" && widthOf(start) + widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(start + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push((lines.length === 0 ? "" : indent) + line);
  return lines.join("\n");
}

export type Align = "left" | "right";

/**
 * Columns side by side, two spaces apart. The last column is wrapped to the page when it is text.
 *
 * @example
 * table([["loss", "0.42"], ["accuracy", "91 %"]], ["left", "right"]);
 */
export function table(
  rows: readonly (readonly string[])[],
  align: readonly Align[],
  width = PAGE_WIDTH,
  margin = "  ",
): string {
  const count = Math.max(maxOf(rows.map((row) => row.length)), 0);
  const widths = Array.from({ length: count }, (_, column) =>
    maxOf(rows.map((row) => widthOf(row[column]?.replaceAll("\n", "\\n") ?? ""))),
  );
  return rows
    .map((row) => {
      let line = margin;
      row.forEach((given, column) => {
        // A name may hold line feeds; a row is one line.
        const cell = column === row.length - 1 ? given : given.replaceAll("\n", "\\n");
        const last = column === row.length - 1;
        if (last && align[column] !== "right") {
          line += wrap(cell, Math.max(20, width - widthOf(line))).replaceAll("\n", `\n${" ".repeat(widthOf(line))}`);
          return;
        }
        const pad = " ".repeat(widths[column] - widthOf(cell));
        line += align[column] === "right" ? pad + cell : cell + pad;
        if (!last) line += "  ";
      });
      return line.trimEnd();
    })
    .join("\n");
}
