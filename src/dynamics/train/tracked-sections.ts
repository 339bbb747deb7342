import type { ShownSection } from "../../result/shown-section.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { TrackedResult } from "./tracked-result.ts";

/** What was measured meanwhile, a section for each quantity. */
export function trackedSections(tracked: TrackedResult | null): ShownSection[] {
  return (tracked?.quantities ?? []).map(sectionOf);
}

function sectionOf({ title, source, says, series, limit }: TrackedResult["quantities"][number]): ShownSection {
  const about = limit?.settled;
  return {
    title: `${title}, while it trained`,
    caveats: series.length === 0 ? ["It could not be measured at any step."] : [],
    text: [
      `${says} (${source})`,
      ...(limit === null ? [] : [`The limit ${limit.formula} is of ${limit.series}. ${limit.note}`]),
    ],
    readings: [
      ...series.map(({ name, values }) => ({
        label: name,
        value: formatNumber(values.findLast((value) => value !== null) ?? null),
        note: `at the last measurement; ${formatNumber(values.find((value) => value !== null) ?? null)} at the first`,
      })),
      ...(limit === null
        ? []
        : [{ label: "Stability limit", value: formatNumber(limit.values.at(-1) ?? null), note: limit.formula }]),
      ...(about
        ? [
            {
              label: `${limit?.series ?? ""} over its limit`,
              value: formatNumber(about.mean),
              note: `mean of the last third (${about.points} measurements), from ${formatNumber(about.least)} to ${formatNumber(about.most)}`,
            },
          ]
        : []),
    ],
    table: null,
  };
}
