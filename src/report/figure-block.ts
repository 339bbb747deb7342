import type { Cell, Figure, FigureTable } from "../figures/figure.ts";
import { atWidth, FIGURE_WIDTH, SIDE_WIDTH } from "../figures/style.ts";
import { formatNumber, typeset } from "../util/format-number.ts";
import { formatCount } from "./count.ts";
import { markup, prose, raw, type Html } from "./html.ts";
import type { RenderSvg } from "./render-svg.ts";

/** Width of the drawing for phones. */
const NARROW_WIDTH = 350;

/** Where a figure is drawn on a page, and what is drawn there. */
export function drawingsOf({ spec, hero }: Figure): { readonly place: string; readonly spec: Figure["spec"] }[] {
  // One that was made for the full width would be scaled down, its text with it.
  if (hero === "side") return [{ place: "side", spec: spec.width === FIGURE_WIDTH ? atWidth(spec, SIDE_WIDTH) : spec }];
  return [
    { place: "wide", spec },
    { place: "narrow", spec: atWidth(spec, NARROW_WIDTH) },
  ];
}

/**
 * A figure on a page: caption, drawings, what it shows in words, and the table of its numbers. Each width has its
 * drawing, so that its text keeps its size.
 */
export async function figureBlock(figure: Figure, number: number, render: RenderSvg): Promise<Html> {
  const { name, title } = figure;
  const drawings = [];
  for (const { place, spec } of drawingsOf(figure)) {
    const svg = await render(spec, "page");
    drawings.push(markup`<div class="drawing ${place}">${raw(accessible(svg, `${name}-${place}`, figure))}</div>`);
  }
  return markup`<figure id="figure-${name}" data-name="${name}">
<figcaption><strong>Figure ${number}. ${prose(title)}</strong></figcaption>
<div class="plot">${drawings}</div>
${numbersOf(figure, number)}
</figure>`;
}

/** A figure whose drawing failed: its caption, that it failed, and its numbers. */
export function undrawnBlock(figure: Figure, number: number): Html {
  return markup`<figure id="figure-${figure.name}">
<figcaption><strong>Figure ${number}. ${prose(figure.title)}</strong></figcaption>
<p role="note">This figure could not be drawn; its numbers are below.</p>
${numbersOf(figure, number)}
</figure>`;
}

function numbersOf({ title, description, table }: Figure, number: number): Html {
  return markup`<details class="numbers-of"><summary>Text and table</summary><p>${prose(description)}</p>
${tableBlock(table, `Numbers of figure ${number}: ${title}`)}</details>`;
}

/**
 * A table that scrolls by itself where it is wider than the page.
 *
 * @param links for each row the file beside the page that its first cell leads to
 */
export function tableBlock({ columns, rows }: FigureTable, label: string, links?: readonly string[]): Html {
  const numeric = columns.map((_, column) => rows.every((row) => typeof row[column] !== "string"));
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table${raw(links ? ' class="index"' : "")}>
<thead><tr>${columns.map((column, i) => markup`<th scope="col"${raw(numeric[i] ? ' class="number"' : "")}>${column}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row, place) =>
      markup`<tr>${row.map((cell, i) => markup`<td${raw(numeric[i] ? ' class="number"' : "")}${exact(cell)}>${linked(cellText(cell), i === 0 ? links?.[place] : undefined)}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

/** Numbers with what may stand between them; whatever else a cell says may be a name. */
const NUMBERS_ONLY = /^(?:[-+\d.e()±\s]|\bto\b|\bbelow\b)+$/;

/** What a cell shows. */
export function cellText(cell: Cell): string {
  if (typeof cell === "string") return NUMBERS_ONLY.test(cell) ? typeset(cell) : cell;
  return cell !== null && Number.isSafeInteger(cell) ? formatCount(cell) : typeset(formatNumber(cell));
}

function linked(text: string, file: string | undefined): Html {
  return file === undefined ? markup`${text}` : markup`<a href="${encodeURIComponent(file)}">${text}</a>`;
}

/** The number that a cell shows shortened, for whoever saves the table. */
function exact(cell: Cell): Html | undefined {
  return typeof cell === "string" ? undefined : markup` data-value="${cell}"`;
}

/** Names the drawing for screen readers, as one image: its numbers are in the table below it. */
function accessible(svg: string, id: string, { title, description }: Figure): string {
  const names = markup`<title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>`.text;
  return svg
    .replace(/\bclip(?=\d)/g, `${id}-clip`)
    .replace(/^<svg([^>]*)>/, `<svg role="img" aria-labelledby="${id}-title" aria-describedby="${id}-desc"$1>${names}`);
}
