import type { Term } from "../explain/term.ts";
import type { Figure } from "../figures/figure.ts";
import { profileFigures } from "../figures/figures.ts";
import type { Reading } from "../instruments/reading.ts";
import { readingsOf } from "../instruments/registry.ts";
import type { ProfileResult, Section, Verdict } from "../result/profile-result.ts";
import { encodeResult, type ResultDocument } from "../result/result-kinds.ts";
import { typeset } from "../util/format-number.ts";
import { badge } from "./badge.ts";
import { formatCount } from "./count.ts";
import { figureBlock, undrawnBlock } from "./figure-block.ts";
import { glossary, termLinks, termsIn } from "./glossary.ts";
import { markup, prose, type Html } from "./html.ts";
import { math } from "./math.ts";
import { otherBody } from "./other-body.ts";
import { renderPage, type PageSection } from "./page.ts";
import { checkTable, citation, provenance, reproduction } from "./provenance.ts";
import { keyReadings } from "./key-readings.ts";
import { renderSvg, type RenderSvg } from "./render-svg.ts";
import { readingTable } from "./reading-table.ts";
import { flagOf, stateLine, stateOf, unfinished } from "./section-state.ts";

/**
 * One HTML file that shows a result: works from the disk without a network, in light and dark, on
 * paper and by keyboard, and carries the result as JSON.
 *
 * @example
 * await writeFile("report.html", await renderReport(document));
 */
export async function renderReport(document: ResultDocument, render: RenderSvg = renderSvg): Promise<string> {
  const kind = document.schema.replace(/^thalweg\/(.*)@\d+$/, "$1");
  const heading = document.model?.path.split(/[\\/]/).at(-1) ?? kind;
  return renderPage({
    title: `${heading}: ${kind} · Thalweg`,
    kicker: `Thalweg · ${kind}`,
    heading,
    subtitle: subtitleOf(document),
    sections: [
      ...(document.schema === "thalweg/profile@1"
        ? await profileSections(document.result, document.warnings, render)
        : [otherSection(document)]),
      {
        id: "checks",
        title: "Checks",
        flag: document.checks.every(({ passed }) => passed !== false) ? undefined : "failed",
        body: markup`<p>Made on this run, on this network and these data, before anything was reported.</p>${checkTable(document)}`,
      },
      { id: "reproduce", title: "How to do it again", body: markup`${reproduction(document)}${provenance(document)}` },
      { id: "cite", title: "How to cite the data", body: citation(document) },
    ],
    footer: markup`Written by Thalweg ${document.thalweg}. Numbers are shown to the digits that their errors support; the JSON has all of them.`,
    json: encodeResult(document),
  });
}

function subtitleOf({ model, data, loss, precision, createdAt }: ResultDocument): string {
  return [
    model && `${formatCount(model.parameters)} parameters`,
    data && `${data.path} (${formatCount(data.examples)} examples)`,
    loss?.title,
    precision,
    createdAt.slice(0, 10),
  ]
    .filter((part) => typeof part === "string")
    .join(" · ");
}

async function profileSections(
  result: ProfileResult,
  warnings: readonly string[],
  render: RenderSvg,
): Promise<PageSection[]> {
  const { figures } = profileFigures(result);
  const used = new Set<Term>();
  const sections: PageSection[] = [{ id: "summary", title: "At a glance", body: summary(result, warnings) }];
  let figureNumber = 0;
  for (const section of result.sections) {
    const drawn: Html[] = [];
    for (const figure of figures.filter(({ instrument }) => instrument === section.instrument)) {
      drawn.push(await drawnOrNamed(figure, ++figureNumber, render));
    }
    const state = stateOf(section, result);
    const readings = state === "not-reached" ? [] : readingsOf(section.instrument, result);
    const terms = termsIn(
      [
        section.title,
        section.measures,
        section.means,
        section.doesNotMean,
        section.tryNext,
        ...readings.map(({ label }) => label),
      ].join(" "),
    );
    for (const term of terms) used.add(term);
    const verdicts = result.verdicts.filter(({ instrument }) => instrument === section.instrument);
    sections.push({
      id: section.instrument,
      title: section.title,
      flag: flagOf(state, verdicts),
      body: markup`${stateLine(state, section.reason)}<p>${prose(section.measures)}</p>
${readings.length > 0 && readingTable(readings, section.title)}
${verdicts.length > 0 && verdictList(verdicts)}
${state !== "skipped" && state !== "not-reached" && explanation(section)}
${drawn}
${termLinks(terms)}`,
    });
  }
  if (used.size > 0) sections.push({ id: "glossary", title: "Glossary", body: glossary(used) });
  return sections;
}

/** A drawing that fails leaves the numbers that it draws. */
async function drawnOrNamed(figure: Figure, number: number, render: RenderSvg): Promise<Html> {
  try {
    return await figureBlock(figure, number, render);
  } catch {
    return undrawnBlock(figure, number);
  }
}

const LEDE =
  "The shape of the loss L(θ) around the weights θ in the file, on these data. H is the Hessian, the matrix of second derivatives of L: " +
  "its largest eigenvalue λmax is the sharpest upward curvature, its smallest, λmin, the deepest downward one. After ± stands one standard " +
  "error of what was sampled, and for an eigenvalue the distance within which one certainly lies. n/a is what was not measured, never 0.";

function summary(result: ProfileResult, warnings: readonly string[]): Html {
  const order: readonly Verdict["level"][] = ["warn", "note", "pass"];
  const verdicts = [...result.verdicts].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
  const caveats = [...warnings, ...unfinished(result)];
  return markup`<p>${prose(LEDE)}</p>
<dl class="key">${keyReadings(result).map(keyNumber)}</dl>
${caveats.length > 0 && markup`<div class="caveats" role="note" aria-label="Caveats"><h3>Read this first</h3><ul>${caveats.map((text) => markup`<li>${prose(text)}</li>`)}</ul></div>`}
<h3>What stands out</h3>
${verdicts.length > 0 ? verdictList(verdicts, result.sections) : markup`<p>Nothing was judged.</p>`}
<p class="aside closing">There is no overall score: a landscape is not good or bad by one number.</p>`;
}

function keyNumber({ label, symbol, value }: Reading): Html {
  const [number, error] = typeset(value)
    .replace(/^\((.*) ± (.*)\)( × .*)$/, "$1$3 ± $2$3")
    .split(" ± ");
  return markup`<div><dt>${label} ${symbol && math(symbol)}</dt><dd>${number}${error && markup`<span class="error">± ${error}</span>`}</dd></div>`;
}

function verdictList(verdicts: readonly Verdict[], sections?: readonly Section[]): Html {
  const items = verdicts.map(({ instrument, level, text }) => {
    const section = sections?.find((each) => each.instrument === instrument);
    return markup`<li>${badge(level)}<span>${prose(text)}${section && markup` <a class="aside" href="#${instrument}">${section.title}</a>`}</span></li>`;
  });
  return markup`<ul class="verdicts${!sections && " here"}">${items}</ul>`;
}

function explanation({ means, doesNotMean, tryNext }: Section): Html {
  const parts = [
    ["What it means", means],
    ["What it does not mean", doesNotMean],
    ["What to try next", tryNext],
  ].filter(([, text]) => text !== "");
  return markup`<dl class="explain">${parts.map(([label, text]) => markup`<dt>${label}</dt><dd>${prose(text)}</dd>`)}</dl>`;
}

function otherSection(document: Exclude<ResultDocument, ResultDocument<"profile">>): PageSection {
  return { id: "result", title: "Result", body: otherBody(document) };
}
