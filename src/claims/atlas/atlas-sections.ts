import type { ShownSection } from "../../result/shown-section.ts";
import { formatEstimate, formatNumber } from "../../util/format-number.ts";
import { formatCounted } from "../../util/format-size.ts";
import type { ClaimResult } from "../claim/claim-result.ts";
import { VERDICT_WORDS } from "../claim/claim-sections.ts";
import { TOPICS } from "../topics.ts";
import type { AtlasResult } from "./atlas-result.ts";

/** The index of an atlas: what became of every statement, topic by topic. */
export function atlasSections({ claims, verdicts }: AtlasResult): ShownSection[] {
  const counts = verdicts.map(({ verdict, claims: of }) => `${of} ${VERDICT_WORDS[verdict]}`).join(", ");
  const undecided = claims.filter(({ verdict }) => verdict === "undecided");
  return [
    {
      title: "Statements of deep-learning theory, put to the test",
      caveats: undecided.map(({ id, statement }) => `${id} was not decided: ${statement}`),
      text: [
        `${formatCounted(claims.length, "statement")}, each as people put it, beside the law that holds and what was measured here: ${counts}.`,
        "A verdict follows from the numbers alone: the law must be met by all that was measured, and the other law excluded by five standard errors.",
      ],
      readings: [],
      table: null,
    },
    ...TOPICS.flatMap(({ name, title }) => {
      const mine = claims.filter(({ topic }) => topic === name);
      return mine.length === 0 ? [] : [{ title, caveats: [], text: [], readings: [], table: tableOf(mine) }];
    }),
  ];
}

/** The page of a claim. */
export function pageOf({ id }: Pick<ClaimResult, "id">): string {
  return `${id}.html`;
}

function tableOf(claims: readonly ClaimResult[]): ShownSection["table"] {
  return {
    columns: ["", "statement", "verdict", "the law says", "measured", "your network"],
    rows: claims.map((each) => [
      each.id,
      each.statement,
      VERDICT_WORDS[each.verdict],
      formatNumber(each.prediction),
      formatEstimate(each.measurement.value, each.measurement.standardError),
      each.network === null ? "" : "yes",
    ]),
    links: claims.map(pageOf),
    brief: { rows: claims.map((_, i) => i), columns: [0, 1, 2] },
  };
}
