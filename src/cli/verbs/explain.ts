import { z } from "zod";
import { FAMILIES, TERMS } from "../../explain/registry.ts";
import type { Term } from "../../explain/term.ts";
import type { JsonDocument } from "../../documents/result-kinds.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { EXIT } from "../exit-code.ts";
import { table, wrap } from "../layout.ts";
import { didYouMean } from "../../util/suggest.ts";
import type { Style } from "../terminal.ts";
import { defineVerb } from "../verb.ts";
import { maxOf } from "../../util/extremes.ts";

export const explain = defineVerb({
  name: "explain",
  summary: "explain a term: what it is, its formula, how it is measured",
  arguments: [{ name: "TERM", description: "the term; without it all are listed", required: false }],
  parameters: z.object({}),
  examples: [
    ["thalweg explain", "list the terms"],
    ["thalweg explain sharpness", "explain one"],
  ],
  run: (_flags, [name], { style }) => {
    if (name === undefined) {
      return { text: listing(style), document: documentOf(TERMS), exitCode: EXIT.done };
    }
    const term = findTerm(name);
    return { text: page(term, style), document: documentOf([term]), exitCode: EXIT.done };
  },
});

/** All terms by subject, in columns of one width. */
function listing(style: Style): string {
  const width = maxOf(TERMS.map(({ name }) => name.length));
  const blocks = FAMILIES.map(({ title, terms }) => {
    const rows = terms.map((term) => [style.bold(term.name.padEnd(width)), term.title]);
    return `${style.cyan(title)}\n${table(rows, ["left", "left"])}`;
  });
  return `${blocks.join("\n\n")}\n`;
}

function documentOf(terms: readonly Term[]): JsonDocument {
  return { schema: "thalweg/explain@1", terms: [...terms] };
}

function findTerm(name: string): Term {
  const wanted = name.toLowerCase().replaceAll(/[\s_]+/g, "-");
  const term = TERMS.find((each) => each.name === wanted || each.title.toLowerCase() === name.toLowerCase());
  if (term) return term;
  throw new ThalwegError({
    kind: "usage",
    code: "unknown-term",
    message: `There is no entry for "${name}".`,
    hint:
      didYouMean(
        wanted,
        TERMS.map((each) => each.name),
      ) ?? "`thalweg explain` lists the terms.",
  });
}

function page({ title, formula, text, measured, source, see }: Term, style: Style): string {
  const paragraphs = [
    style.bold(title),
    `    ${style.cyan(formula)}`,
    wrap(text),
    `${style.bold("Measured:")} ${wrap(measured, 70)}`,
    style.dim(`Source: ${source}`),
    ...(see.length > 0 ? [style.dim(`See also: ${see.join(", ")}`)] : []),
  ];
  return `${paragraphs.join("\n\n")}\n`;
}
