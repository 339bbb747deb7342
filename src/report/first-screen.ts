import type { Figure } from "../figures/figure.ts";
import type { ProfileResult } from "../instruments/profile-result.ts";
import type { Reading } from "../result/section.ts";
import { typeset } from "../util/format-number.ts";
import type { UsedTerms } from "./glossary.ts";
import { markup, prose, type Html } from "./html.ts";
import { keyReadings } from "../instruments/shown-readings.ts";
import { math } from "./math.ts";
import { unfinished } from "./section-state.ts";
import { byImportance, verdictList } from "./verdict-list.ts";

/** Sentences on the first screen; the others stand with their sections. */
const FIRST_VERDICTS = 3;

const HOW_TO_READ =
  "The shape of the loss L(θ) around the weights θ in the file, on these data. H is the Hessian, the matrix of second derivatives of L: " +
  "its largest eigenvalue λmax is the sharpest upward curvature, its smallest, λmin, the deepest downward one. After ± stands one standard " +
  "error of what was sampled, and for an eigenvalue the distance within which one certainly lies. n/a is what was not measured, never 0. " +
  "There is no overall score: a landscape is not good or bad by one number.";

/** What a reader sees first: what to beware of, what was concluded, the figures it rests on, the few numbers. */
export function firstScreen(
  result: ProfileResult,
  warnings: readonly string[],
  figures: readonly { readonly figure: Figure; readonly block: Html }[],
  terms: UsedTerms,
): Html {
  const caveats = [...warnings, ...unfinished(result)];
  const verdicts = byImportance(result.verdicts);
  const rest = verdicts.length - FIRST_VERDICTS;
  const side = figures.filter(({ figure }) => figure.hero === "side");
  const main = figures.filter(({ figure }) => figure.hero !== "side");
  const key = markup`<dl class="key">${keyReadings(result).map(keyNumber)}</dl>`;
  return markup`${caveats.length > 0 && markup`<div class="caveats" role="note" aria-label="Caveats"><h3>Read this first</h3><ul>${caveats.map((text) => markup`<li>${prose(text)}</li>`)}</ul></div>`}
${verdicts.length > 0 ? verdictList(verdicts.slice(0, FIRST_VERDICTS), terms, result.sections) : markup`<p>Nothing was judged.</p>`}
${rest > 0 && markup`<p class="aside">${rest} more ${rest === 1 ? "verdict stands" : "verdicts stand"} with the sections below.</p>`}
<div class="hero"><div>${main.map(({ block }) => block)}${side.length > 0 && key}</div>
<div>${side.length > 0 ? side.map(({ block }) => block) : key}</div></div>
<details class="more"><summary>How to read this page</summary><p>${terms.prose(HOW_TO_READ)}</p></details>`;
}

function keyNumber({ label, symbol, value }: Reading): Html {
  const [number, error] = typeset(value)
    .replace(/^\((.*) ± (.*)\)( × .*)$/, "$1$3 ± $2$3")
    .split(" ± ");
  return markup`<div><dt>${label} ${symbol && math(symbol)}</dt><dd>${number}${error && markup`<span class="error">± ${error}</span>`}</dd></div>`;
}
