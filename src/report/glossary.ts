import { TERMS } from "../explain/registry.ts";
import type { Term } from "../explain/term.ts";
import { markup, prose, type Html } from "./html.ts";
import { math } from "./math.ts";

/** Terms that a text uses, in the order of the glossary. */
export function termsIn(text: string): Term[] {
  return TERMS.filter(({ title }) =>
    new RegExp(`(?<![\\p{L}-])${escapePattern(title)}s?(?![\\p{L}-])`, "iu").test(text),
  );
}

/** Links to the entries of terms. */
export function termLinks(terms: readonly Term[]): Html | undefined {
  if (terms.length === 0) return undefined;
  const links = terms.map(({ name, title }, i) => markup`${i > 0 && " · "}<a href="#term-${name}">${title}</a>`);
  return markup`<p class="terms">In the glossary: ${links}</p>`;
}

/** The entries of the terms that a page uses. */
export function glossary(terms: ReadonlySet<Term>): Html {
  const entries = TERMS.filter((term) => terms.has(term)).map(
    ({ name, title, formula, text, measured, source }) => markup`<dt id="term-${name}" tabindex="-1">${title}</dt>
<dd class="formula">${math(String.raw`\displaystyle ${formula}`)}</dd><dd>${prose(text)}</dd><dd class="source">Measured: ${prose(measured)} Source: ${source}.</dd>
`,
  );
  return markup`<dl class="glossary">${entries}</dl>`;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
