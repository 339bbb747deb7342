import type { ShownSection } from "../../result/shown-section.ts";
import { formatEstimate, formatNumber, formatShare } from "../../util/format-number.ts";
import { axesTitle } from "../asked.ts";
import { NOTHING_TOLD } from "../quadratic.ts";
import type { LineResult } from "./line-result.ts";
import { shortNumber } from "../short-number.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** The line in words and numbers. */
export function lineSections(result: LineResult): ShownSection[] {
  const { x, loss, direction, title, normalization, length, home, rounding, quadratic, notes, measured, marks } =
    result;
  const finite = loss.flatMap((each, i) => (each !== null && Number.isFinite(each) ? [{ at: x[i], loss: each }] : []));
  const lowest = finite.reduce((least, each) => (each.loss < least.loss ? each : least), finite[0]);
  const errorHere = result.standardError?.[result.centre] ?? null;
  const lost = loss.filter((each) => each !== null && !Number.isFinite(each)).length;
  return [
    {
      title: `The loss along ${axesTitle(direction)}`,
      caveats: [
        ...(measured < x.length ? [`${measured} of ${x.length} points were measured: the time was up.`] : []),
        ...(lost > 0 ? [`The loss is not finite at ${lost} of ${x.length} points.`] : []),
      ],
      text: [
        `${x.length} points from ${shortNumber(x[0])} to ${shortNumber(x[x.length - 1])}: ${title}. 1 stands for a distance of ${formatNumber(length)}, normalisation: ${normalization}.`,
        ...notes,
        endOfQuadratic(result),
        ...overExamples(result),
      ],
      readings: [
        {
          label: "Loss at 0",
          value: formatEstimate(home, 0, rounding),
          note: "that of the weights themselves, bit for bit",
        },
        ...(errorHere === null
          ? []
          : [
              {
                label: "Its standard error",
                value: formatNumber(errorHere, 2),
                note: "over the draw of the examples: half the width of the band at 0",
              },
            ]),
        ...(lowest === undefined
          ? []
          : [
              {
                label: "Lowest loss measured",
                value: formatNumber(lowest.loss),
                note: `at ${formatNumber(lowest.at)}; between points it may be lower`,
              },
            ]),
        { label: "Slope", value: formatNumber(quadratic.slope[0]), note: "of the loss at 0, per unit of the axis" },
        {
          label: "Curvature",
          value: formatNumber(quadratic.curvature[0][0]),
          note: "vᵀHv at 0, per unit of the axis squared",
        },
        ...marks.map(({ name, at, outside }) => ({
          label: name,
          value: formatNumber(at),
          note: outside === 0 ? "on the line" : `nearest point of the line; ${formatNumber(outside)} off it`,
        })),
      ],
      table: null,
    },
  ];
}

function endOfQuadratic({ quadratic: { holdsTo, leavesAt, share }, length }: LineResult): string {
  const off = `off by more than ${formatShare(share)} of the change that slope and curvature make up`;
  if (holdsTo === null) return NOTHING_TOLD;
  if (leavesAt === null)
    return `The parabola of slope and curvature holds wherever rounding lets it be told, out to ${formatNumber(holdsTo / length)}: none is ${off}.`;
  if (holdsTo === 0)
    return `No point shows the loss to follow the parabola of slope and curvature: at ${formatNumber(leavesAt / length)} it is ${off}. A narrower range of the axis may show where it does.`;
  return `The parabola of slope and curvature holds out to ${formatNumber(holdsTo / length)}; at ${formatNumber(leavesAt / length)} the loss is ${off}.`;
}

/** What the band says, and what it does not. */
function overExamples({ standardError, test }: LineResult): string[] {
  const spread = (errors: readonly (number | null)[]) => {
    const known = errors.filter((each) => each !== null);
    const ends = [minOf(known), maxOf(known)].map((each) => formatNumber(each, 2));
    return ends[0] === ends[1] ? ends[0] : `${ends[0]} to ${ends[1]}`;
  };
  if (standardError === null) return [];
  return [
    `The band is one standard error over the draw of the examples to each side, ${spread(standardError)}${
      test?.standardError ? ` (on the held-out examples ${spread(test.standardError)})` : ""
    }: by about so much the loss at a point scatters from data to data of the same size, drawn alike. It says nothing of how much lower the loss is on examples that the weights were fitted to.`,
  ];
}
