import type { ShownSection } from "../../result/shown-section.ts";
import { formatEstimate, formatNumber } from "../../util/format-number.ts";
import type { ClaimResult } from "./claim-result.ts";
import type { Evidence } from "./evidence.ts";
import { isExcluded, isMet, SEPARATION, type Verdict } from "./judge.ts";

/** A verdict in a few words, of the statement as people put it. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  holds: "holds",
  conditional: "holds under a condition that is left out",
  fails: "fails as said",
  undecided: "not decided",
};

/** A claim in words and numbers. */
export function claimSections(result: ClaimResult): ShownSection[] {
  const { id, statement, law, rival, condition, source, evidence, why, means, breaks, reading, onNetwork } = result;
  return [
    {
      title: `${id} ${VERDICT_WORDS[result.verdict]}${onNetwork ? " on this network" : ""}`,
      caveats: doubts(result),
      text: [
        `“${statement}”`,
        because(result),
        `The law: ${law} (${source}).`,
        `${result.says === "rival" ? "The statement as it is put" : "What else could be"}: ${rival}.`,
        ...(condition === null ? [] : [`The condition: ${condition}.`]),
      ],
      // Each number with all that is put to it stands in the table.
      readings: evidence.slice(0, 1).map(({ name, measured, standardError }) => ({
        label: name,
        value: formatEstimate(measured, standardError),
        key: { label: "measured", number: { value: measured, error: standardError } },
      })),
      table: {
        columns: ["measured", "value", "standard error", "law", "other law", "allowed", "law met", "other law"],
        rows: evidence.map((each) => [
          each.name,
          ...[each.measured, each.standardError, each.law.value, each.rival?.value ?? null, each.allowed].map(cell),
          isMet(each.law, each) ? "yes" : "no",
          standing(each),
        ]),
      },
    },
    {
      title: "In the margin",
      caveats: [],
      text: [
        `Why people say it: ${why}`,
        `What it means for you: ${means}`,
        `When it breaks: ${breaks}`,
        `To read: ${reading.join("; ")}.`,
      ],
      readings: [],
      table: null,
    },
  ];
}

function standing({ rival, ...each }: Evidence): string {
  if (rival === null) return "says the same";
  if (isMet(rival, each)) return "met, too";
  return isExcluded(rival, each) ? "excluded" : "not met, not excluded";
}

/** The numbers that the verdict rests on, in a sentence. */
function because({ evidence, accepted, rivalExcluded, verdict }: ClaimResult): string {
  const met = evidence.filter((each) => isMet(each.law, each)).length;
  const excluded = evidence.filter(({ rival, ...each }) => rival !== null && isExcluded(rival, each)).length;
  const lawful = accepted
    ? `The law is met by ${evidence.length === 1 ? "what was measured" : `all ${evidence.length} numbers`}`
    : `The law is met by ${met} of ${evidence.length} numbers`;
  const other = rivalExcluded
    ? `the other law is excluded by ${evidence.length === 1 ? "it" : `${excluded} of them`}`
    : `the other law is not excluded (${SEPARATION} standard errors are asked for)`;
  const alike = verdict === "conditional" ? "; where both are met, the condition holds" : "";
  return `${lawful}, ${other}${alike}.`;
}

function doubts({ evidence }: ClaimResult): string[] {
  return evidence
    .filter((each) => !isMet(each.law, each))
    .map(
      (each) =>
        `${each.name}: ${formatEstimate(each.measured, each.standardError)} where the law says ${formatNumber(each.law.value, 5)}, off by ${formatNumber(each.law.misfit, 2)} with ${formatNumber(each.allowed, 2)} allowed.`,
    );
}

/** A number in a table; one that is not finite, as of a walk that diverged, is said as text. */
function cell(value: number | null): number | string | null {
  return value === null || Number.isFinite(value) ? value : formatNumber(value);
}
