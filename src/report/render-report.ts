import { experimentOf } from "../documents/experiment-of.ts";
import { resultJson } from "../documents/named-result.ts";
import { encodeResult, kindOf, type ResultDocument } from "../documents/result-kinds.ts";
import { namesInSeries } from "../util/names-in-series.ts";
import { figuresOf } from "./figures-of.ts";
import { shownSections } from "./shown-sections.ts";
import { formatCount, formatCounted } from "./count.ts";
import { markup, raw, type Html } from "./html.ts";
import { renderPage, type PageSection } from "./page.ts";
import { profileSections } from "./profile-sections.ts";
import { checkTable, citation, provenance, reproduction } from "./provenance.ts";
import { renderSvg, type RenderSvg } from "./render-svg.ts";

/**
 * One HTML file that shows a result: works from the disk without a network, in light and dark, on
 * paper and by keyboard, and carries the result as JSON.
 *
 * @example
 * await writeFile("report.html", await renderReport(document));
 */
export async function renderReport(document: ResultDocument, render: RenderSvg = renderSvg): Promise<string> {
  const kind = document.schema.replace(/^thalweg\/(.*)@\d+$/, "$1");
  const heading = headingOf(document) ?? kind;
  return renderPage({
    title: `${heading}: ${kind} · Thalweg`,
    kicker: `Thalweg · ${kind}`,
    heading,
    subtitle: subtitleOf(document),
    sections: [
      ...(await sectionsOf(document, render)),
      {
        id: "checks",
        title: "Checks",
        flag: document.checks.every(({ passed }) => passed !== false) ? undefined : "failed",
        body: checksBody(document),
      },
      {
        id: "reproduce",
        title: "How to do it again",
        body: markup`${reproduction(document)}<details><summary>Versions, hashes, seed and machine</summary>${provenance(document)}</details>`,
      },
      { id: "cite", title: "How to cite the data", body: citation(document) },
    ],
    footer: markup`Written by Thalweg ${document.thalweg}. Numbers are shown to the digits that their errors support; the JSON has all of them.`,
    json: encodeResult(document),
  });
}

/** The networks by the names of their files: by as much of the paths as tells them apart. */
function headingOf(document: ResultDocument): string | undefined {
  if (!document.model) return experimentOf(kindOf(document)).heading?.(resultJson(document));
  const paths = [document.model.path, ...(experimentOf(kindOf(document)).others?.(resultJson(document)) ?? [])];
  const names = paths.map((path) => path.split(/[\\/]/).at(-1) ?? path);
  return (new Set(names).size === names.length ? names : namesInSeries(paths)).join(" and ");
}

function subtitleOf({ model, data, loss, precision, createdAt }: ResultDocument): string {
  return [
    model && `${formatCount(model.parameters)} parameters`,
    data && `${data.path} (${formatCounted(data.examples, "example")})`,
    loss?.title,
    precision,
    createdAt.slice(0, 10),
  ]
    .filter((part) => typeof part === "string")
    .join(" · ");
}

/** That they passed is a sentence; where one did not, the table is open. */
function checksBody({ checks }: ResultDocument): Html {
  const passed = checks.filter(({ passed: outcome }) => outcome === true).length;
  if (checks.length === 0) return markup`<p>None was made: no network was read and nothing differentiated.</p>`;
  const isOpen = passed < checks.length;
  return markup`<p>${passed} of ${checks.length} passed: made on this run, on this network and these data, before anything was reported.</p>
<details${raw(isOpen ? " open" : "")}><summary>Each check with its figure and its limit</summary>${checkTable({ checks })}</details>`;
}

async function sectionsOf(document: ResultDocument, render: RenderSvg): Promise<PageSection[]> {
  if (document.schema === "thalweg/profile@1") return profileSections(document.result, document.warnings, render);
  // Results of 0.1.0 left it to whoever shows them.
  const sections = document.sections ?? experimentOf(kindOf(document)).present(resultJson(document), document) ?? [];
  return shownSections(sections, figuresOf(document).figures, render);
}
