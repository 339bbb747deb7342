import type { ShownSection } from "../result/shown-section.ts";
import { cellText } from "./figure-block.ts";
import { type Html, markup } from "./html.ts";

/** A column with no more different entries than these is chosen from. */
const FEW = 6;

type Table = NonNullable<ShownSection["table"]>;

/** A column of the tables whose rows lead to pages, with all that stands in it. */
interface Choice {
  readonly title: string;
  readonly column: number;
  readonly entries: readonly string[];
}

/**
 * What narrows the tables whose rows lead to pages: words that are typed, the section, and each column in which few different
 * entries stand over and over. Hidden until scripts run; nothing where no table leads to pages.
 */
export function indexFilter(sections: readonly ShownSection[]): Html | undefined {
  const indexed = sections.flatMap(({ title, table }) => (table?.links === undefined ? [] : [{ title, table }]));
  if (indexed.length === 0) return undefined;
  const choices = choicesOf(indexed.map(({ table }) => table));
  const titles = indexed.map(({ title }) => title);
  return markup`<p class="filter" hidden><label>Show what speaks of <input type="search" id="filter" autocomplete="off"></label>
${titles.length > 1 && select("section", "section", titles)}
${choices.map(({ title, column, entries }) => select(title, String(column), entries))}</p>`;
}

function choicesOf(tables: readonly Table[]): Choice[] {
  const [{ columns }] = tables;
  // Columns are named by their place, which must be the same in all tables.
  if (!tables.every((each) => each.columns.join("\n") === columns.join("\n"))) return [];
  const rows = tables.flatMap((each) => each.rows);
  return columns.flatMap((title, column) => {
    const all = rows.map((row) => row[column]);
    const entries = [...new Set(all.filter((each) => typeof each === "string" && each !== ""))].map(cellText);
    const isChosenFrom = title !== "" && all.every((each) => typeof each === "string");
    const isFew = entries.length <= FEW && 2 * entries.length < rows.length && new Set(all).size > 1;
    return isChosenFrom && isFew ? [{ title, column, entries }] : [];
  });
}

function select(title: string, column: string, entries: readonly string[]): Html {
  const id = `filter-${column}`;
  return markup`<span><label for="${id}">${title}</label><select id="${id}" data-column="${column}"><option value="">any</option>${entries.map((each) => markup`<option>${each}</option>`)}</select></span>`;
}
