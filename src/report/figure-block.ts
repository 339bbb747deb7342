import type { Cell, Figure, FigureTable } from "../figures/figure.ts";
import { atWidth, FIGURE_WIDTH } from "../figures/style.ts";
import { formatNumber, typeset } from "../util/format-number.ts";
import { formatCount } from "./count.ts";
import { markup, prose, raw, type Html } from "./html.ts";
import type { RenderSvg } from "./render-svg.ts";

/** Width of the drawing for phones: the same figure set anew, so that its text keeps its size. */
const NARROW_WIDTH = 350;

/** A figure on a page: caption, drawing for wide and for narrow pages, and the table of its numbers. */
export async function figureBlock(figure: Figure, number: number, render: RenderSvg): Promise<Html> {
  const { name, title, description, spec, table } = figure;
  const drawings = [];
  for (const [width, kind] of [
    [FIGURE_WIDTH, "wide"],
    [NARROW_WIDTH, "narrow"],
  ] as const) {
    const svg = await render(atWidth(spec, width), "page");
    drawings.push(
      markup`<div class="drawing ${kind}">${raw(accessible(svg, `${name}-${kind}`, title, description))}</div>`,
    );
  }
  return markup`<figure id="figure-${name}">
<figcaption><strong>Figure ${number}. ${title}</strong> ${prose(description)}</figcaption>
${drawings}
<details><summary>Numbers of figure ${number}</summary>${tableBlock(table, `Numbers of figure ${number}: ${title}`)}</details>
</figure>`;
}

/** A figure whose drawing failed: its caption, that it failed, and its numbers. */
export function undrawnBlock({ name, title, description, table }: Figure, number: number): Html {
  return markup`<figure id="figure-${name}">
<figcaption><strong>Figure ${number}. ${title}</strong> ${prose(description)}</figcaption>
<p role="note">This figure could not be drawn; these are its numbers.</p>
${tableBlock(table, `Numbers of figure ${number}: ${title}`)}
</figure>`;
}

/** A table that scrolls by itself where it is wider than the page. */
export function tableBlock({ columns, rows }: FigureTable, label: string): Html {
  const numeric = columns.map((_, column) => rows.every((row) => typeof row[column] !== "string"));
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table>
<thead><tr>${columns.map((column, i) => markup`<th scope="col"${raw(numeric[i] ? ' class="number"' : "")}>${column}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      markup`<tr>${row.map((cell, i) => markup`<td${raw(numeric[i] ? ' class="number"' : "")}>${cellText(cell)}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

function cellText(cell: Cell): string {
  if (typeof cell === "string") return cell;
  return cell !== null && Number.isSafeInteger(cell) ? formatCount(cell) : typeset(formatNumber(cell));
}

/** Names the drawing for screen readers, as one image: its numbers are in the table below it. */
function accessible(svg: string, id: string, title: string, description: string): string {
  const names = markup`<title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>`.text;
  return svg
    .replace(/\bclip(?=\d)/g, `${id}-clip`)
    .replace(/^<svg([^>]*)>/, `<svg role="img" aria-labelledby="${id}-title" aria-describedby="${id}-desc"$1>${names}`);
}
