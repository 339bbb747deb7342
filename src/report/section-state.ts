import { INSTRUMENTS } from "../instruments/registry.ts";
import { shownReadings } from "../instruments/shown-readings.ts";
import type { ProfileResult } from "../instruments/profile-result.ts";
import type { Section, Verdict } from "../result/section.ts";
import { formatNumber } from "../util/format-number.ts";
import { markup, type Html } from "./html.ts";

/** What became of a measurement. */
export type State = Section["status"];

const STATES: Readonly<Record<State, { flag: string; text: string } | undefined>> = {
  measured: undefined,
  "not-converged": { flag: "not converged", text: "Not converged: the errors below are wider than was asked for." },
  "not-reached": { flag: "not reached", text: "Not measured." },
  skipped: { flag: "skipped", text: "Not measured." },
  failed: { flag: "failed", text: "This measurement failed; the others are not affected." },
};

/** 0.1.0 called not converged also what the run had no time to begin, and left the lines to whoever shows them. */
export function stateOf(section: Section, result: ProfileResult): State {
  const isOld = section.status === "not-converged" && section.readings === null;
  // What another version measures has no numbers that this one knows to look for.
  if (!isOld || !INSTRUMENTS.some(({ name }) => name === section.instrument)) return section.status;
  const missing = formatNumber(null);
  return shownReadings(section, result).some(({ value }) => value !== missing) ? section.status : "not-reached";
}

export function flagOf(state: State, verdicts: readonly Verdict[]): string | undefined {
  return STATES[state]?.flag ?? (verdicts.some(({ level }) => level === "warn") ? "warn" : undefined);
}

export function stateLine(state: State, reason: Section["reason"]): Html | undefined {
  const known = STATES[state];
  return known && markup`<p class="state">${known.text} ${reason}</p>`;
}

/** What did not come out as it should, a sentence for each reason. */
export function unfinished(result: ProfileResult): string[] {
  return byReason(result, (state) => state !== "measured" && state !== "skipped");
}

/** What is not for this network or these data, a sentence for each reason. */
export function skipped(result: ProfileResult): string[] {
  return byReason(result, (state) => state === "skipped");
}

function byReason(result: ProfileResult, isTold: (state: State) => boolean): string[] {
  const groups = new Map<string, { state: State; reason: string; titles: string[] }>();
  for (const section of result.sections) {
    const state = stateOf(section, result);
    if (!isTold(state)) continue;
    const reason = section.reason ?? "";
    const group = groups.get(`${state} ${reason}`) ?? { state, reason, titles: [] };
    group.titles.push(section.title);
    groups.set(`${state} ${reason}`, group);
  }
  return [...groups.values()].map(
    ({ state, reason, titles }) => `${titles.join("; ")}: ${STATES[state]?.flag}. ${reason}`,
  );
}
