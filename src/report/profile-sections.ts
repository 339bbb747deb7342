import type { Figure, Hero } from "../figures/figure.ts";
import { profileFigures } from "../instruments/profile-figures.ts";
import { shownReadings } from "../instruments/shown-readings.ts";
import type { ProfileResult } from "../instruments/profile-result.ts";
import type { Section, Verdict } from "../result/section.ts";
import { figureBlock, undrawnBlock } from "./figure-block.ts";
import { firstScreen } from "./first-screen.ts";
import { UsedTerms } from "./glossary.ts";
import { markup, type Html } from "./html.ts";
import type { PageSection } from "./page.ts";
import { allReadings, openReadings } from "./reading-table.ts";
import type { RenderSvg } from "./render-svg.ts";
import { flagOf, stateLine, stateOf } from "./section-state.ts";
import { firstSentence } from "./sentences.ts";
import { verdictList } from "./verdict-list.ts";

interface Drawn {
  readonly figure: Figure;
  readonly number: number;
  readonly block: Html;
}

/** A profile: the first screen, then its sections, what is to be warned of first and what was not measured last. */
export async function profileSections(
  result: ProfileResult,
  warnings: readonly string[],
  render: RenderSvg,
): Promise<PageSection[]> {
  const terms = new UsedTerms();
  const drawn = inOrderOfPlace(result).map((figure, i) => ({ figure, number: i + 1, block: { text: "" } }));
  // Where something else draws, all but the figures is made meanwhile; no text is read before they are there.
  const drawing = (async () => {
    for (const { figure, number, block } of drawn) block.text = (await drawnOrNamed(figure, number, render)).text;
  })();
  const heroes = drawn.filter(({ figure }) => figure.hero !== undefined);
  const shown = heroes.length > 0 ? heroes : drawn.slice(0, 1);
  const sections: PageSection[] = [
    { id: "summary", title: "What stands out", body: firstScreen(result, warnings, shown, terms) },
  ];
  for (const section of inOrderOfImportance(result)) {
    sections.push(profileSection(section, result, drawn, new Set(shown), terms.next()));
  }
  if (terms.size > 0) sections.push({ id: "glossary", title: "Glossary", body: terms.entries() });
  await drawing;
  return sections;
}

/** The order on the first screen. */
const HEROES: readonly Hero[] = ["main", "side"];

/** Figures in the order in which a reader meets them, which is that of their numbers. */
function inOrderOfPlace(result: ProfileResult): Figure[] {
  const { figures } = profileFigures(result);
  const order = inOrderOfImportance(result).map(({ instrument }) => instrument);
  const place = ({ hero, instrument }: Figure) =>
    hero === undefined ? order.indexOf(instrument) : HEROES.indexOf(hero) - HEROES.length;
  return figures.toSorted((a, b) => place(a) - place(b));
}

function inOrderOfImportance(result: ProfileResult): Section[] {
  const rank = (section: Section) => {
    const state = stateOf(section, result);
    if (state === "skipped" || state === "not-reached") return 2;
    const isWarned = result.verdicts.some(
      ({ instrument, level }) => instrument === section.instrument && level === "warn",
    );
    return isWarned || state === "failed" ? 0 : 1;
  };
  return result.sections.toSorted((a, b) => rank(a) - rank(b));
}

function profileSection(
  section: Section,
  result: ProfileResult,
  drawn: readonly Drawn[],
  elsewhere: ReadonlySet<Drawn>,
  terms: UsedTerms,
): PageSection {
  const state = stateOf(section, result);
  const readings = state === "not-reached" ? [] : shownReadings(section, result);
  const verdicts: readonly Verdict[] = result.verdicts.filter(({ instrument }) => instrument === section.instrument);
  const own = drawn.filter(({ figure }) => figure.instrument === section.instrument);
  const here = own.filter((each) => !elsewhere.has(each));
  const there = own.filter((each) => elsewhere.has(each));
  // A verdict says what the numbers mean; where there is none, the first sentence does.
  const isTold = verdicts.length > 0 || state === "skipped" || state === "not-reached";
  const [meaning, more] = isTold ? ["", section.means] : firstSentence(section.means);
  const text = markup`${stateLine(state, section.reason)}${verdicts.length > 0 && verdictList(verdicts, terms)}
${meaning !== "" && markup`<p>${terms.prose(meaning)}</p>`}
${there.length > 0 && markup`<p class="aside">Drawn on the first screen: ${there.map(({ figure, number }, i) => markup`${i > 0 && ", "}<a href="#figure-${figure.name}">figure ${number}</a>`)}.</p>`}`;
  const numbers = readings.length > 0 && openReadings(readings, section.title);
  return {
    id: section.instrument,
    title: section.title,
    flag: flagOf(state, verdicts),
    body: markup`<div class="story">
<div>${here.length > 0 ? here.map(({ block }) => block) : text}</div>
<div>${here.length > 0 ? markup`${numbers}${text}` : numbers}</div>
</div>
${folded(section, more, terms, readings.length > 0 && allReadings(readings, section.title))}`,
  };
}

/** What is not needed at first sight: what the numbers mean and do not, what to do, and how each is known. */
function folded(
  { measures, doesNotMean, tryNext }: Section,
  means: string,
  terms: UsedTerms,
  table: Html | false,
): Html {
  const parts = [
    ["What is measured", measures],
    ["What it means", means],
    ["What it does not mean", doesNotMean],
    ["What to try next", tryNext],
  ].filter(([, text]) => text !== "");
  return markup`<details class="more"><summary>What it does not mean, how it was measured</summary>
<dl class="explain">${parts.map(([label, text]) => markup`<dt>${label}</dt><dd>${terms.prose(text)}</dd>`)}</dl>
${table && markup`<h3>All numbers, and how each is known</h3>${table}`}</details>`;
}

/** A drawing that fails leaves the numbers that it draws. */
async function drawnOrNamed(figure: Figure, number: number, render: RenderSvg): Promise<Html> {
  try {
    return await figureBlock(figure, number, render);
  } catch {
    return undrawnBlock(figure, number);
  }
}
