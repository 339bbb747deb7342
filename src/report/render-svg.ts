import { logger, None, parse, textMetrics, View, type Config } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { PALETTE, type Scheme } from "../figures/style.ts";
import { textWidth } from "./text-width.ts";

/**
 * `light` and `dark` carry their colours and stand alone; `page` draws with the CSS variables
 * `--figure-<role>` and the font of the page around it, so that one drawing serves both schemes.
 */
export type SvgTheme = Scheme | "page";

/** Legends start at the left edge of the drawing, not of the plot: long row labels leave them no room there. */
const LEGENDS: Config = { legend: { layout: { frame: "bounds" } } };

/**
 * Draws a Vega-Lite specification as SVG text. No browser and no canvas: text is measured by
 * `textWidth`, so labels get slightly more room than they need in most fonts.
 *
 * @example
 * await renderSvg(figure.spec, "dark"); // "<svg …"
 */
export async function renderSvg(spec: TopLevelSpec, theme: SvgTheme = "light"): Promise<string> {
  return recolour(await draw(spec), theme);
}

/** Draws as {@link renderSvg} does. */
export type RenderSvg = typeof renderSvg;

/** Draws each specification once, whatever the number of themes it is asked for in. */
export function renderingOnce(): RenderSvg {
  const drawn = new Map<string, Promise<string>>();
  return async (spec, theme) => {
    const key = JSON.stringify(spec);
    const drawing = drawn.get(key) ?? draw(spec);
    drawn.set(key, drawing);
    return recolour(await drawing, theme ?? "light");
  };
}

/** In light colours. */
async function draw(spec: TopLevelSpec): Promise<string> {
  textMetrics.width = textWidth; // Vega has one measure for all drawings, and this hook to set it
  // Vega marks the rows that it is given: they are not its own.
  const own = structuredClone(spec);
  const view = new View(parse(compile(own, { logger: logger(None) }).spec, LEGENDS), { renderer: "none" });
  try {
    return compact(withTips(await view.toSVG()));
  } finally {
    view.finalize();
  }
}

/** The CSS variables that `page` drawings use, with the colours of a scheme. */
export function figureVariables(scheme: Scheme): string {
  return Object.entries(PALETTE[scheme])
    .map(([role, colour]) => `--figure-${role}:${colour};`)
    .join("");
}

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

/** The paper behind a drawing: the first thing in it. */
const BACKGROUND = /^(<svg[^>]*>)<rect [^>]*\/>/;

/** A drawing that nobody points into: without what marks say, and without those that are there to say it only. */
function withoutTips(svg: string): string {
  return svg.replace(/ data-tip="[^"]*"/g, "").replace(/<path [^>]* opacity="0"\/>/g, "");
}

function recolour(svg: string, theme: SvgTheme): string {
  if (theme === "light") return withoutTips(svg);
  const roles = Object.entries(PALETTE.light);
  // A page has its font and its paper, and shows what a mark says to whoever points at it.
  const plain =
    theme === "page" ? svg.replace(/ font-family="[^"]*"/g, "").replace(BACKGROUND, "$1") : withoutTips(svg);
  return plain.replace(/#[0-9a-f]{6}\b/g, (colour) => {
    const found = roles.find(([, each]) => each === colour);
    if (found === undefined) return colour;
    const [role] = found;
    if (theme === "page") return `var(--figure-${role})`;
    const [, replacement] = Object.entries(PALETTE[theme]).find(([each]) => each === role) ?? found;
    return replacement;
  });
}
