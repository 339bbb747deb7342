import { logger, None, parse, textMetrics, View, type Config } from "vega";
import { compile } from "vega-lite";
import type { Specification } from "../figures/figure.ts";
import { vegaLite } from "../figures/vega-lite.ts";
import { textWidth } from "./text-width.ts";

/** Legends start at the left edge of the drawing, not of the plot: long row labels leave them no room there. */
const LEGENDS: Config = { legend: { layout: { frame: "bounds" } } };

/** Draws a Vega-Lite specification as SVG text in light colours, with what its marks say. */
export type DrawSvg = (spec: Specification) => Promise<string>;

/**
 * Draws with Vega, which is the slowest part to load. No browser and no canvas: text is measured by `textWidth`, so labels
 * get slightly more room than they need in most fonts.
 */
export const drawSvg: DrawSvg = async (spec) => {
  textMetrics.width = textWidth; // Vega has one measure for all drawings, and this hook to set it
  // Vega marks the rows that it is given: they are not its own.
  const own = structuredClone(vegaLite(spec));
  const view = new View(parse(compile(own, { logger: logger(None) }).spec, LEGENDS), { renderer: "none" });
  try {
    return compact(withTips(await view.toSVG()));
  } finally {
    view.finalize();
  }
};

/** Marks that stand for one row of the data; lines and areas stand for many. */
const SINGLE_MARK = / aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="(?:point|bar|rect mark|tick)"/g;

/** What a mark says stays with it. */
function withTips(svg: string): string {
  return svg.replace(SINGLE_MARK, ' data-tip="$1"');
}

/** Hundredths of a pixel are enough; what only a live view needs goes; names of clips count from 0 in every drawing. */
function compact(svg: string): string {
  const clips = new Map<string, string>();
  return svg
    .replace(/\bclip\d+/g, (id) => {
      const name = clips.get(id) ?? `clip${clips.size}`;
      clips.set(id, name);
      return name;
    })
    .replace(/ (?:d|transform|x|y|x1|x2|y1|y2|width|height)="[^"]*"/g, (attribute) =>
      attribute.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Math.round(Number(number) * 100) / 100)),
    )
    .replace(/ (?:class|role|pointer-events|aria-[a-z]+)="[^"]*"/g, "")
    .replace(/ (?:opacity|stroke-opacity|fill-opacity|stroke-width)="1"/g, "")
    .replace(/<path d="(?:M0,0h[-\d.]+v[-\d.]+h[-\d.]+Z)?"(?: display="none")?\/>/g, "")
    .replace(/<g><\/g>/g, "");
}
