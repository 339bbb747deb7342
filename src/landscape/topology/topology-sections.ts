import type { ShownSection } from "../../result/shown-section.ts";
import { formatNumber, formatShare } from "../../util/format-number.ts";
import { formatCount, formatCounted } from "../../util/format-size.ts";
import type { SampledTopology, TopologyResult } from "./topology-result.ts";

/** Rows of the table of basins where there is little room. */
const BRIEF = 8;

/** What was found of each sampled loss, then how far their diagrams are apart. */
export function topologySections({ functions, distances }: TopologyResult): ShownSection[] {
  return [...functions.flatMap(sectionsOf), ...distanceSection(distances)];
}

function sectionsOf(sampled: SampledTopology): ShownSection[] {
  const { name, basins, minima, threshold, meetings, neighbours } = sampled;
  const along = sampled.axes.map((axis) => axis.name).reverse();
  const rows = basins.map(({ minimum, points, share }, i) => {
    const { at, birth, death, diagonal, saddle, edge } = minima[minimum];
    return [
      i + 1,
      `${placeText(at)}${edge ? ", on the edge" : ""}`,
      formatNumber(birth),
      levelText(diagonal, death),
      death === null ? "n/a" : formatNumber((diagonal ?? death) - birth),
      saddle === null ? "n/a" : placeText(saddle),
      `${formatShare(share)} (${formatCount(points)})`,
    ];
  });
  const whole: ShownSection = {
    title: `Basins of the ${name}`,
    caveats: caveatsOf(sampled),
    text: [conclusion(sampled), ...loopText(sampled)],
    readings: [
      {
        label: "Samples",
        value: formatCount(sampled.points),
        note: `neighbours: ${neighbours}${along.length === 0 ? "" : `; places are along (${along.join(", ")})`}`,
      },
      { label: "Local minima", value: formatCount(minima.length) },
      {
        label: "Basins",
        value: formatCount(basins.length),
        note: `deeper than ${formatNumber(threshold)}`,
      },
      { label: "Lowest loss", value: formatNumber(sampled.lowest) },
      { label: "Highest loss", value: formatNumber(sampled.highest) },
      { label: "Rounding of a loss", value: formatNumber(sampled.rounding, 2) },
    ],
    table: {
      columns: [
        "basin",
        "minimum at",
        "loss",
        "meets a lower one at",
        "depth at least",
        "saddle at",
        "share of the samples",
      ],
      rows,
      brief: { rows: [...rows.keys()].slice(0, BRIEF), columns: [0, 1, 2, 3, 4, 6] },
    },
  };
  if (meetings.length < 2) return [whole];
  return [
    whole,
    {
      title: `Where two basins of the ${name} meet`,
      caveats: [],
      text: ["The loss that every path over neighbouring samples must climb to, from one minimum to the other."],
      readings: [],
      table: {
        columns: ["basins", "meet at", "climb from the first", "climb from the second"],
        rows: meetings.map(({ basins: [a, b], level }) => [
          `${a + 1} and ${b + 1}`,
          level === null ? "never" : formatNumber(level),
          ...[a, b].map((each) => (level === null ? "n/a" : formatNumber(level - minima[basins[each].minimum].birth))),
        ]),
        brief: { rows: [...meetings.keys()].slice(0, BRIEF), columns: [0, 1, 2, 3] },
      },
    },
  ];
}

function conclusion({ name, basins, minima, threshold, lowest, highest, rounding }: SampledTopology): string {
  if (lowest === null || highest === null) return `No sample of the ${name} is finite: there is no sublevel set.`;
  if (lowest === highest)
    return `All samples of the ${name} are ${formatNumber(lowest)}: as far as it was sampled it is level, and has no basin beside another.`;
  if (highest - lowest <= rounding)
    return `The samples of the ${name} differ by no more than rounding (${formatNumber(rounding, 2)}): as far as it was sampled, none of them is known to be lower than another.`;
  const shallow = minima.length - basins.length;
  const rest =
    shallow === 0
      ? ""
      : ` ${formatCounted(shallow, "more local minimum").replace("minimums", "minima")} of the samples ${shallow === 1 ? "is" : "are"} no deeper than ${formatNumber(threshold)} or ${shallow === 1 ? "is" : "are"} none where samples that touch at a corner are neighbours, too: a valley between two axes looks like that on a grid.`;
  const deepest = basins.find(({ minimum }) => minima[minimum].death !== null);
  if (basins.length === 1) return `The samples of the ${name} have one basin.${rest}`;
  const other = deepest === undefined ? undefined : minima[deepest.minimum];
  const next =
    other === undefined || other.death === null
      ? ""
      : ` From the next lowest, at ${formatNumber(other.birth)}, every path over the samples to a lower one climbs to ${formatNumber(other.diagonal ?? other.death)} at least.`;
  return `The samples of the ${name} have ${formatCounted(basins.length, "basin")}, the lowest down to ${formatNumber(lowest)}.${next}${rest}`;
}

function loopText({ loops, threshold }: SampledTopology): string[] {
  if (loops === null) return [];
  const high = loops.filter(({ birth, death }) => (death ?? Number.POSITIVE_INFINITY) - birth > threshold).length;
  return [
    high === 0
      ? "No hill is ringed by lower ground: the sublevel sets have no holes."
      : `${formatCounted(high, "hill")} ${high === 1 ? "is" : "are"} ringed by lower ground: at some level ${high === 1 ? "it is a hole" : "they are holes"} of the sublevel set.`,
  ];
}

function caveatsOf({ absent, points, cutShort, minima, basins, euler }: SampledTopology): string[] {
  const edge = basins.filter(({ minimum }) => minima[minimum].edge).length;
  const unresolved = minima.filter(({ resolved }) => !resolved).length;
  return [
    ...(euler !== null && euler.differing > 0
      ? [
          `The bars do not agree with the count of cells at ${euler.differing} of ${euler.levels} levels: do not use them, and report this as a fault.`,
        ]
      : []),
    ...(cutShort === null
      ? []
      : [
          `The run was cut short after ${formatCount(cutShort.measured)} of ${formatCounted(cutShort.points, "point")}: what is said here is of one point in ${cutShort.stride} along each axis (${formatCounted(points, "sample")}), all of which were measured.`,
        ]),
    "Between samples nothing was looked at: a wall or a valley narrower than a step is not seen, and basins that are apart here may be joined outside of what was sampled.",
    ...(absent > 0
      ? [
          `${formatCount(absent)} of ${formatCounted(points, "sample")} have no finite loss: they are in no sublevel set.`,
        ]
      : []),
    ...(edge > 0
      ? [
          `${edge === basins.length ? "All" : formatCount(edge)} of the ${formatCounted(basins.length, "minimum").replace("minimums", "minima")} ${edge === 1 ? "lies" : "lie"} on the edge of what was sampled: beyond it the loss may go on falling.`,
        ]
      : []),
    ...(unresolved > 0
      ? [
          `${formatCounted(unresolved, "bar")} ${unresolved === 1 ? "is" : "are"} no longer than the rounding of the losses at both ends: what rounding could make is counted as no basin.`,
        ]
      : []),
  ];
}

function distanceSection(distances: TopologyResult["distances"]): ShownSection[] {
  if (distances.length === 0) return [];
  return [
    {
      title: "How far the diagrams are apart",
      caveats: [],
      text: [
        "The bottleneck distance: the least change by which every bar of one can be made a bar of the other or none. It never exceeds the largest difference of the two losses.",
      ],
      readings: [],
      table: {
        columns: ["between", "components", "loops", "largest difference"],
        rows: distances.map(({ between, components, loops, largestDifference }) => [
          between.join(" and "),
          ...[components, loops, largestDifference].map((each) => formatNumber(each)),
        ]),
      },
    },
  ];
}

/** A level, or between which two the grid leaves it open. */
function levelText(low: number | null, high: number | null): string {
  if (high === null) return "never";
  return low === null || low === high ? formatNumber(high) : `${formatNumber(low)} to ${formatNumber(high)}`;
}

/** With the axis that runs to the right first. */
function placeText(place: readonly number[]): string {
  return `(${place
    .toReversed()
    .map((each) => formatNumber(each, 3))
    .join(", ")})`;
}
