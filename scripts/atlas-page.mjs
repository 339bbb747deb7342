import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { VERDICT_WORDS } from "../dist/claims/claim/claim-sections.js";
import { VERDICTS } from "../dist/claims/claim/judge.js";
import { TOPICS } from "../dist/claims/topics.js";
import { formatEstimate, formatNumber } from "../dist/util/format-number.js";
import { table } from "./markdown-table.mjs";

const FROM = "docs/atlas/atlas.json";

/** The index of the atlas, from what `thalweg atlas --json` wrote. */
export function atlasPage() {
  const { result, config, thalweg, createdAt } = JSON.parse(
    readFileSync(fileURLToPath(new URL(`../${FROM}`, import.meta.url)), "utf8"),
  );
  const { claims } = result;
  const ids = (of) => of.map(({ id }) => id).join(", ");
  const byVerdict = VERDICTS.flatMap((verdict) => {
    const mine = claims.filter((each) => each.verdict === verdict);
    return mine.length === 0 ? [] : [[VERDICT_WORDS[verdict], mine.length, ids(mine)]];
  });
  return `# Atlas

Made from \`${FROM}\` by \`npm run docs\`; do not edit. What is there was measured by thalweg ${thalweg} on ${createdAt.slice(0, 10)} with
\`thalweg atlas --scale ${config.scale} --seed ${config.seed} --json\`.

${claims.length} statements that people make about loss surfaces, each put to the test. A verdict follows from the numbers alone: the law
must be met by all that was measured, and the other law excluded by five standard errors. The table has the leading number of each;
\`thalweg claim ID\` measures one again and shows the rest, with a figure, why people say it and when it breaks.

${sayScale(config.scale)}

${table(["verdict", "statements", "which"], byVerdict)}

${TOPICS.map(({ name, title }) => ({ title, mine: claims.filter(({ topic }) => topic === name) }))
  .filter(({ mine }) => mine.length > 0)
  .map(({ title, mine }) => `## ${title}\n\n${table(HEAD, mine.map(rowOf))}`)
  .join("\n\n")}
`;
}

const HEAD = ["", "statement", "verdict", "what was measured", "the law says", "measured", "your network"];

function rowOf({ id, statement, verdict, evidence, measurement, network }) {
  const [{ name, law, standardError }] = evidence;
  return [
    id,
    statement,
    VERDICT_WORDS[verdict],
    name,
    sayLaw(law, measurement.value),
    // What is exact up to rounding has no digits that rounding would not have.
    standardError === 0 ? formatNumber(measurement.value, 6) : formatEstimate(measurement.value, standardError),
    network === null ? "" : "yes",
  ];
}

/** The law's number; a bound as one: of what it only bounds, nothing is amiss although the two differ. */
function sayLaw({ value, misfit }, measured) {
  const isBound = misfit === 0 && value !== measured;
  return `${isBound ? (measured < value ? "≤ " : "≥ ") : ""}${formatNumber(value)}`;
}

function sayScale(scale) {
  if (scale === 1) return "The sizes are the usual ones, each less than a minute.";
  return scale < 1
    ? `The scale is ${scale}: sizes are ${scale} of the usual ones, but none is smaller than the claim can fail with. The standard errors are accordingly larger.`
    : `The scale is ${scale}: ${scale} times the usual sizes.`;
}
