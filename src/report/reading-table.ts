import type { Reading } from "../instruments/reading.ts";
import { typeset } from "../util/format-number.ts";
import { markup, prose, type Html } from "./html.ts";
import { math } from "./math.ts";

/** Readings beyond this many, one a layer for instance, are folded away; figures and verdicts speak of them too. */
const OPEN_READINGS = 10;

/** The numbers of a section: what, how much, how it is known. */
export function readingTable(readings: readonly Reading[], title: string): Html {
  const long = readings.length > OPEN_READINGS + 2;
  const [open, folded] = long ? [readings.slice(0, OPEN_READINGS), readings.slice(OPEN_READINGS)] : [readings, []];
  return markup`${readingRows(open, `${title}: numbers`)}${
    folded.length > 0 &&
    markup`<details class="more"><summary>${folded.length} more of these</summary>${readingRows(folded, `${title}: more numbers`)}</details>`
  }`;
}

function readingRows(readings: readonly Reading[], label: string): Html {
  const rows = readings.map(
    ({ label: name, symbol, value, note }) =>
      markup`<tr><th scope="row">${name}${symbol && markup` ${math(symbol)}`}</th><td class="value">${typeset(value)}</td><td class="how">${note && prose(note)}</td></tr>`,
  );
  return markup`<table class="readings" aria-label="${label}"><tbody>${rows}</tbody></table>`;
}
