import { z } from "zod";
import type { ResultDocument } from "../documents/result-kinds.ts";
import type { Drawing } from "../figures/draw.ts";
import type { Figure } from "../figures/figure.ts";
import type { SvgTheme } from "../report/recolour.ts";
import { type OptionsOf, readOptions } from "../util/options.ts";
import { requireArgument } from "../util/require-argument.ts";

/** A result: as it was read, as the text of a result.json, or what gave one. */
export type Shown = ResultDocument | { readonly document: ResultDocument } | string;

const shownArgument = z.union(
  [
    z.string(),
    z.looseObject({ document: z.looseObject({ schema: z.string() }) }),
    z.looseObject({ schema: z.string() }),
  ],
  {
    error: "it must be a result: the text of a result.json, its document, or what profile gave",
  },
);

async function documentOf(caller: string, shown: Shown): Promise<ResultDocument> {
  requireArgument("result", caller, shownArgument, shown);
  const { decodeResult, requireResult } = await import("../documents/result-kinds.ts");
  if (typeof shown === "string") return decodeResult(shown);
  const document = "document" in shown ? shown.document : shown;
  requireResult(document);
  return document;
}

/**
 * The figures of a result, each with its name, title, description, Vega-Lite specification and table of numbers: those
 * that `thalweg` writes to `figures/`. A figure that could not be made stands under `failed`, and the others are there.
 *
 * @throws usage error `bad-argument`; input error `not-json`, `not-a-result`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 100 });
 * const found = await profile(problem, { only: "eigenvalues", top: 2, bottom: 1 });
 * const { figures: drawn, failed } = await figures(found);
 * drawn.map(({ name }) => name); // → ["extremal-eigenvalues"]
 * failed.length; // → 0
 */
export async function figures(shown: Shown): Promise<Drawing> {
  const { figuresOf } = await import("../report/figures-of.ts");
  return figuresOf(await documentOf("figures", shown));
}

const figureOptions = z.object({
  /** `page` draws with CSS variables (`--figure-<role>`) in the place of colours, and with the font around it; default light. */
  theme: z.enum(["light", "dark", "page"] satisfies SvgTheme[]).default("light"),
});

/**
 * A figure as SVG text that stands alone: without a browser, in light or in dark colours.
 *
 * @throws usage error `bad-argument`, `bad-option`; input error `figure-not-drawn` for what is no specification
 *
 * @example
 * const result = readResult("test/fixtures/results-0.1.0/profile-digits.json");
 * const [figure] = (await figures(result)).figures;
 * (await renderFigure(figure, { theme: "dark" })).startsWith("<svg"); // → true
 */
export async function renderFigure(
  figure: Pick<Figure, "spec">,
  options: OptionsOf<typeof figureOptions> = {},
): Promise<string> {
  requireArgument("figure", "renderFigure", z.looseObject({ spec: z.looseObject({}) }), figure);
  const { theme } = readOptions("renderFigure", figureOptions, options);
  // What draws is the slowest to load, and most programs draw nothing.
  const { renderSvg } = await import("../report/render-svg.ts");
  return renderSvg(figure.spec, theme);
}

/**
 * The report of a result as HTML text: one page that works from the disk without a network, with the result inside.
 *
 * @throws usage error `bad-argument`; input error `not-json`, `not-a-result`
 *
 * @example
 * const html = await renderReport(readResult("test/fixtures/results-0.1.0/profile-digits.json"));
 * html.startsWith("<!doctype html>"); // → true
 */
export async function renderReport(shown: Shown): Promise<string> {
  const { renderReport: render } = await import("../report/render-report.ts");
  return render(await documentOf("renderReport", shown));
}
