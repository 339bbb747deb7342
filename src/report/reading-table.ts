import type { Reading } from "../result/section.ts";
import { typeset } from "../util/format-number.ts";
import { markup, prose, type Html } from "./html.ts";
import { math } from "./math.ts";
import { shareNotes } from "./shared-notes.ts";

/** Readings beyond this many, one a layer for instance, are folded away; figures and verdicts speak of them too. */
const OPEN_READINGS = 6;

/** The first numbers of a section, beside its figure: what, how much. */
export function openReadings(readings: readonly Reading[], title: string): Html {
  const open = readings.slice(0, readings.length <= OPEN_READINGS + 1 ? readings.length : OPEN_READINGS);
  const rows = open.map(
    (reading) => markup`<tr>${nameOf(reading)}<td class="value">${typeset(reading.value)}</td></tr>`,
  );
  const more = readings.length - open.length;
  return markup`<table class="readings" aria-label="${title}: numbers"><tbody>${rows}</tbody></table>${more > 0 && markup`<p class="aside">${more} more of these are folded below.</p>`}`;
}

/** All numbers of a section, with how each is known. */
export function allReadings(readings: readonly Reading[], title: string): Html {
  const { common, own } = shareNotes(readings);
  const rows = readings.map(
    (reading, i) =>
      markup`<tr>${nameOf(reading)}<td class="value">${typeset(reading.value)}</td><td class="how">${own[i] !== "" && prose(own[i])}</td></tr>`,
  );
  return markup`<table class="readings all" aria-label="${title}: how each number is known"><tbody>${rows}</tbody></table>
${common.length > 0 && markup`<ul class="aside">${common.map(({ text, of }) => markup`<li>${prose(of.length === 0 ? `All: ${text}.` : `${of.join(", ")}: ${text}.`)}</li>`)}</ul>`}`;
}

function nameOf({ label, symbol }: Reading): Html {
  return markup`<th scope="row">${label}${symbol && markup` ${math(symbol)}`}</th>`;
}
