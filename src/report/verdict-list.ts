import type { Section, Verdict } from "../result/section.ts";
import { badge } from "./badge.ts";
import type { UsedTerms } from "./glossary.ts";
import { markup, type Html } from "./html.ts";

const LEVELS: readonly Verdict["level"][] = ["warn", "note", "pass"];

/** What is to be warned of first, what is not decided after what is. */
export function byImportance(verdicts: readonly Verdict[]): Verdict[] {
  const rank = ({ level, text }: Verdict) => 2 * LEVELS.indexOf(level) + (text.startsWith("Not decided") ? 1 : 0);
  return verdicts.toSorted((a, b) => rank(a) - rank(b));
}

/** Verdicts with their levels; with `sections`, each leads to the numbers that it rests on. */
export function verdictList(verdicts: readonly Verdict[], terms: UsedTerms, sections?: readonly Section[]): Html {
  const items = verdicts.map(({ instrument, level, text }) => {
    const section = sections?.find((each) => each.instrument === instrument);
    return markup`<li>${badge(level)}<span>${terms.prose(text)}${section && markup` <a class="aside" href="#${instrument}">${section.title}</a>`}</span></li>`;
  });
  return markup`<ul class="verdicts${!sections && " here"}">${items}</ul>`;
}
