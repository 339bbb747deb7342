import { typeset } from "../util/format-number.ts";

/** Markup that is already safe to put on a page. */
export interface Html {
  readonly markup: string;
}

type Content = Html | string | number | null | undefined | false | readonly Content[];

/**
 * A piece of a page. What is interpolated is escaped unless it is markup itself, so no name in a
 * model or a file can become markup.
 *
 * @example
 * html`<p title="${name}">${[html`<b>one</b>`, "<two>"]}</p>`.markup;
 */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Html {
  let markup = strings[0];
  contents.forEach((content, i) => {
    markup += render(content) + strings[i + 1];
  });
  return { markup };
}

/** Trusts text as markup: for what a library has rendered. */
export function raw(markup: string): Html {
  return { markup };
}

/**
 * Running text as it is set: λmax with its subscript, flags of the command line as code, numbers as in print.
 *
 * @example
 * prose("λmax < 1e-3: try --precision float64");
 */
export function prose(text: string): Html {
  const markup = escapeHtml(typeset(text))
    .replace(/λ(max|min)(?![a-z])/g, "λ<sub>$1</sub>")
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/(?<![\w-])--[a-z][a-z-]*/g, "<code>$&</code>");
  return { markup };
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (typeof content === "string" || typeof content === "number") return escapeHtml(String(content));
  if ("markup" in content) return content.markup;
  return content.map(render).join("");
}
