/**
 * Characters that some target refuses or obeys instead of showing them: controls other than tab and line
 * feed (terminals; XML 1.0), line and paragraph separators (string literals in JavaScript before 2019 and
 * in Vega's expressions), marks of direction and invisible format characters (they show another text than
 * is there), non-characters and halves of surrogate pairs (XML 1.0).
 */
const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex -- They are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * The text with every character that cannot be shown written as its code, `\u2028`: safe in an SVG, on a
 * page, in an expression of Vega's, in JSON (where it means the same) and on a terminal.
 *
 * @example
 * printable("a\u202eb"); // "a\\u202eb"
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** {@link printable}, on one line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}
