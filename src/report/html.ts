import { typeset } from "../util/format-number.ts";
import { printable } from "../util/printable.ts";

/** Markup that is already safe to put on a page. */
export interface Html {
  readonly text: string;
}

type Content = Html | string | number | null | undefined | false | readonly Content[];

/**
 * A piece of a page. What is interpolated is escaped unless it is markup itself, so no name in a
 * model or a file can become markup; it is put together when its text is first read. Not called
 * `html`, because formatters rewrite the white space inside templates of that name.
 *
 * @example
 * markup`<p title="${name}">${[markup`<b>one</b>`, "<two>"]}</p>`.text;
 */
export function markup(strings: TemplateStringsArray, ...contents: Content[]): Html {
  let text: string | undefined;
  return {
    get text() {
      return (text ??= strings.reduce((all, part, i) => all + render(contents[i - 1]) + part));
    },
  };
}

/** Trusts text as markup: for what a library has rendered. */
export function raw(text: string): Html {
  return { text };
}

/**
 * Running text as it is set: λmax with its subscript, flags of the command line as code, numbers as in print.
 *
 * @example
 * prose("λmax < 1e-3: try --precision float64");
 */
export function prose(text: string): Html {
  const set = escapeHtml(typeset(text))
    .replace(/λ(max|min)(?![a-z])/g, "λ<sub>$1</sub>")
    .replace(/‖F(?![a-z])/g, "‖<sub>F</sub>")
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/(?<![\w-])--[a-z][a-z-]*/g, "<code>$&</code>");
  return { text: set };
}

function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (typeof content === "string" || typeof content === "number") return escapeHtml(String(content));
  if ("text" in content) return content.text;
  return content.map(render).join("");
}
