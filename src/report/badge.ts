import type { Verdict } from "../result/section.ts";
import { markup, raw, type Html } from "./html.ts";

/** Each level has its word, its shape and its colour. */
const SHAPES: Readonly<Record<Verdict["level"], string>> = {
  pass: '<circle cx="5" cy="5" r="4.5"/>',
  note: '<path d="M5 0 10 5 5 10 0 5z"/>',
  warn: '<path d="M5 .3 10 9.7H0z"/>',
};

export function badge(level: Verdict["level"]): Html {
  return markup`<span class="level ${level}"><svg viewBox="0 0 10 10" aria-hidden="true">${raw(SHAPES[level])}</svg>${level}</span>`;
}
