import type { Specification } from "../figures/figure.ts";
import type { DrawSvg } from "./draw-svg.ts";
import { recolour, type SvgTheme } from "./recolour.ts";

/** Draws in this thread; Vega is loaded for the first drawing. */
const drawHere: DrawSvg = async (spec) => (await import("./draw-svg.ts")).drawSvg(spec);

/**
 * Draws a Vega-Lite specification as SVG text, without a browser.
 *
 * @example
 * await renderSvg(figure.spec, "dark"); // "<svg …"
 */
export async function renderSvg(spec: Specification, theme: SvgTheme = "light"): Promise<string> {
  return recolour(await drawHere(spec), theme);
}

/** Draws as {@link renderSvg} does. */
export type RenderSvg = typeof renderSvg;

/** Draws each specification once, whatever the number of those who ask for it. */
export function drawingOnce(draw: DrawSvg = drawHere): DrawSvg {
  const drawn = new Map<string, Promise<string>>();
  return (spec) => {
    const key = JSON.stringify(spec);
    const drawing = drawn.get(key) ?? draw(spec);
    drawn.set(key, drawing);
    return drawing;
  };
}

/** Draws each specification once, whatever the number of themes it is asked for in. */
export function renderingOnce(draw?: DrawSvg): RenderSvg {
  const once = drawingOnce(draw);
  return async (spec, theme) => recolour(await once(spec), theme ?? "light");
}
