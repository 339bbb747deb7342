import { TERMS } from "../explain/registry.ts";
import type { Term } from "../explain/term.ts";
import { markup, prose, type Html } from "./html.ts";
import { math } from "./math.ts";
import { firstSentence } from "./sentences.ts";

const BY_TITLE = new Map(TERMS.map((term) => [term.title.toLowerCase(), term]));

/** Any title, the longest first; its plural too, and never a part of a word. */
const TITLES = new RegExp(
  `(?<![\\p{L}-])(${[...BY_TITLE.keys()]
    .sort((a, b) => b.length - a.length)
    .map(escapePattern)
    .join("|")})(s?)(?![\\p{L}-])`,
  "giu",
);

/** The terms that a page uses, collected while its texts are set. */
export class UsedTerms {
  private readonly page: Set<Term>;
  private readonly section = new Set<Term>();

  constructor(page = new Set<Term>()) {
    this.page = page;
  }

  /** For the next section, in which each term is marked anew where it comes first. */
  next(): UsedTerms {
    return new UsedTerms(this.page);
  }

  /** Running text in which each term, where it comes first in the section, leads to the glossary and is explained in place. */
  prose(text: string): Html {
    const pieces: Html[] = [];
    let done = 0;
    for (const match of text.matchAll(TITLES)) {
      const term = BY_TITLE.get(match[1].toLowerCase());
      if (term === undefined || this.section.has(term)) continue;
      this.section.add(term);
      this.page.add(term);
      pieces.push(
        prose(text.slice(done, match.index)),
        markup`<a class="term" href="#term-${term.name}" aria-describedby="tip-${term.name}">${match[0]}</a>`,
      );
      done = match.index + match[0].length;
    }
    pieces.push(prose(text.slice(done)));
    return markup`${pieces}`;
  }

  get size(): number {
    return this.page.size;
  }

  /** The entries of the glossary, folded, and the sentence of each that is shown in place. */
  entries(): Html {
    const terms = TERMS.filter((term) => this.page.has(term));
    return markup`<details><summary>${terms.length} terms of this page</summary><dl class="glossary">${terms.map(entry)}</dl></details>
<div hidden>${terms.map(({ name, text }) => markup`<span id="tip-${name}">${prose(firstSentence(text)[0])}</span>`)}</div>`;
  }
}

function entry({ name, title, formula, text, measured, source }: Term): Html {
  return markup`<dt id="term-${name}" tabindex="-1">${title}</dt>
<dd class="formula">${math(String.raw`\displaystyle ${formula}`)}</dd><dd>${prose(text)}</dd><dd class="source">Measured: ${prose(measured)} Source: ${source}.</dd>
`;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
