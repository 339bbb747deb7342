import type { Figure } from "../figures/figure.ts";
import type { ShownSection } from "../result/shown-section.ts";
import { figureBlock, tableBlock, undrawnBlock } from "./figure-block.ts";
import { markup, prose, type Html } from "./html.ts";
import { indexFilter } from "./index-filter.ts";
import type { PageSection } from "./page.ts";
import { allReadings } from "./reading-table.ts";
import type { RenderSvg } from "./render-svg.ts";

/** The sections that a result holds, as it holds them; its figures stand with the first. */
export async function shownSections(
  sections: readonly ShownSection[],
  figures: readonly Figure[],
  render: RenderSvg,
): Promise<PageSection[]> {
  const blocks: Html[] = [];
  for (const figure of figures) {
    const number = blocks.length + 1;
    blocks.push(await figureBlock(figure, number, render).catch(() => undrawnBlock(figure, number)));
  }
  return sections.map(({ title, caveats, text, readings, table }, i) => ({
    id: i === 0 ? "summary" : `section-${i + 1}`,
    title,
    flag: caveats.length === 0 ? undefined : "read this first",
    body: markup`${caveats.map((caveat) => markup`<p role="note">${prose(caveat)}</p>`)}
${text.map((paragraph) => markup`<p>${prose(paragraph)}</p>`)}
${i === 0 && blocks}
${i === 0 && indexFilter(sections)}
${readings.length > 0 && allReadings(readings, title)}
${table && tableBlock(table, title, table.links)}`,
  }));
}
