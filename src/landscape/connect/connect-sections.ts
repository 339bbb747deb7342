import type { ShownSection } from "../../result/shown-section.ts";
import { formatBound, formatNumber, formatShare } from "../../util/format-number.ts";
import { linear } from "../paths/linear.ts";
import type { ConnectResult } from "./connect-result.ts";
import { maxOf } from "../../util/extremes.ts";

/** The result in words: what parts the networks, what alignment and way changed, and what is not said by it. */
export function connectSections(result: ConnectResult): ShownSection[] {
  return [barrierSection(result), ...alignmentSection(result)];
}

function barrierSection(result: ConnectResult): ShownSection {
  const { barrier, rounding, profiles } = result;
  const isCut = profiles.some(({ asked }) => asked !== null);
  const hasHeldOut = profiles.some(({ test }) => test !== null);
  const rows = profiles.map(({ name, t, asked, train, test }) => [
    asked === null ? name : `${name}, ${t.length} of ${asked} points`,
    ...[train, test].flatMap((losses) => [height(t, losses?.loss), highest(losses?.loss)].map(digits)),
  ]);
  return {
    title: "Between the two networks",
    caveats: [],
    text: [...sentences(result)],
    readings: [
      { label: "barrier, straight line", value: shown(barrier.before.train, rounding, isCut) },
      ...(barrier.permuted
        ? [{ label: "units exchanged", value: shown(barrier.permuted.train, rounding, isCut) }]
        : []),
      ...(barrier.aligned ? [{ label: "aligned", value: shown(barrier.aligned.train, rounding, isCut) }] : []),
      ...(isCurved(result) && barrier.after
        ? [{ label: "on the way asked for", value: shown(barrier.after.train, rounding, isCut) }]
        : []),
      ...(result.highest
        ? [{ label: "directions that lead down at the highest point", value: downwards(result.highest) }]
        : []),
    ],
    table: hasHeldOut
      ? { columns: ["way", "barrier", "highest loss", "barrier, held-out", "highest, held-out"], rows }
      : { columns: ["way", "barrier", "highest loss"], rows: rows.map((row) => row.slice(0, 3)) },
  };
}

function height(t: readonly number[], losses: readonly number[] | undefined): number | null {
  if (losses === undefined) return null;
  const [first, last] = [losses[0], losses[losses.length - 1]];
  return Math.max(0, maxOf(losses.map((loss, i) => loss - ((1 - t[i]) * first + t[i] * last))));
}

function highest(losses: readonly number[] | undefined): number | null {
  return losses === undefined ? null : maxOf(losses);
}

function isCurved({ profiles }: ConnectResult): boolean {
  return profiles.some(({ path }) => path !== linear.name);
}

function downwards({ negative, isWhole }: NonNullable<ConnectResult["highest"]>): string {
  return isWhole ? String(negative.length) : `at least ${negative.length}`;
}

function digits(value: number | null): string {
  return value === null ? "n/a" : formatNumber(value, 4);
}

/** A height is that of the highest point seen: where points are missing, it may be more. */
function shown(value: number, rounding: number, isCut: boolean): string {
  if (isCut) return value <= rounding ? "not known" : `at least ${formatBound(value, 3, "least")}`;
  return value <= rounding ? "0 to rounding" : formatNumber(value, 3);
}

function* sentences(result: ConnectResult): Generator<string> {
  const cut = result.profiles.filter(({ asked }) => asked !== null);
  if (cut.length > 0)
    yield `The time was spent before all points were measured (${cut.map(({ name, t, asked }) => `${name}: ${t.length} of ${asked}`).join("; ")}): between those that were, the loss may be higher.`;
  const { barrier, rounding, profiles } = result;
  const { before, after } = barrier;
  const [line] = profiles;
  if (!Number.isFinite(before.train)) yield `On the straight line ${notFinite(line)}`;
  else
    yield before.train <= rounding
      ? `At none of the ${line.t.length} points looked at on the straight line is the loss higher than between its ends, by more than rounding (${formatNumber(rounding, 2)}).`
      : `On the straight line the loss rises ${formatNumber(before.train, 3)} above the line between its ends, at the highest of ${line.t.length} points looked at; rounding is ${formatNumber(rounding, 1)}.`;
  if (after) {
    const last = profiles[profiles.length - 1];
    const way = last.name;
    if (!Number.isFinite(after.train)) yield `On the ${way} ${notFinite(last)}`;
    else if (after.train <= rounding)
      yield `On the ${way} it rises no more than rounding may have it, at ${last.t.length} points looked at.`;
    else if (before.train > rounding && Number.isFinite(before.train))
      yield `On the ${way} it rises ${formatNumber(after.train, 3)}: ${formatShare(after.train / before.train)} of that.`;
    else yield `On the ${way} it rises ${formatNumber(after.train, 3)}.`;
  }
  const { bends } = result;
  if (bends.length > 0)
    yield `It is made of its ends and of ${bends.length === 1 ? "a point" : `${bends.length} points`} between them, weights of the network that are in this folder: ${bends.length > 2 ? `${bends[0]} to ${bends[bends.length - 1]}` : bends.join(" and ")}.`;
  if (result.highest) {
    const { t, gradientNorm, negative } = result.highest;
    const [lowest] = negative;
    yield `Its highest point is at t = ${formatNumber(t, 3)}; the slope there is ${formatNumber(gradientNorm, 2)}${lowest === undefined ? "." : ` and the most negative curvature that was found ${formatNumber(lowest.value, 3)} ± ${formatNumber(lowest.residual, 1)}.`}`;
  }
  if (result.maxOutputDifference !== null && result.alignment === null)
    yield `No network is given as aligned: the outputs of the one that was found differ by ${formatNumber(result.maxOutputDifference, 2)} from those that they must equal.`;
  if (result.estimatesStatistics)
    yield `Running statistics were taken from the data at every point, at the ends, too, as those of batches of ${result.statisticsBatch ?? "some"} examples on average: those of the files are of two places only. Slope and curvature at the highest point are not given, as derivatives hold them where the loss does not.`;
  yield "A low way says that these two are joined, as far as it was looked at; a barrier on one way says nothing of others.";
}

function notFinite({ train: { loss } }: ConnectResult["profiles"][number]): string {
  const lost = loss.filter((each) => !Number.isFinite(each)).length;
  return `the loss is not finite at ${lost} of ${loss.length} points: there is no height of a barrier.`;
}

function alignmentSection({ alignment, maxOutputDifference, outputSize }: ConnectResult): ShownSection[] {
  if (alignment === null) return [];
  const { attempts, distance, classes, file } = alignment;
  const isAsItWas = attempts[0]?.by === "none";
  return [
    {
      title: "Alignment",
      caveats: [],
      text: [
        `${isAsItWas ? "No maps of its units that were found lower the loss half-way, and the other network was left as it is" : "The units of the other network were brought into the order and the axes of the first"}: ${file} in this folder is that network, whose outputs differ from its own by ${formatNumber(maxOutputDifference ?? Number.NaN, 2)} at most, the largest being ${formatNumber(outputSize ?? Number.NaN, 3)}.`,
        `The distance between the two went from ${formatNumber(distance.before, 4)} to ${formatNumber(distance.after, 4)}.`,
      ],
      readings: [],
      table: {
        columns: ["compared", "units", "start", "steps", "agreement", "loss half-way"],
        rows: attempts.map(({ maps, by, start, steps, agreement, middle }) => [
          by,
          maps,
          start,
          steps,
          digits(agreement),
          digits(middle),
        ]),
      },
    },
    {
      title: "What may be moved without changing the function",
      caveats: [],
      text: [
        isAsItWas
          ? "Read off the graph; nothing was moved that would prove it on the data."
          : "Read off the graph, and proven on the data by the outputs of the aligned network.",
      ],
      readings: [],
      table: {
        columns: ["units", "maps", "of each", "tensors"],
        rows: classes.map(({ units, maps, places, tensors }) => [units, maps, places, tensors.join(", ")]),
      },
    },
  ];
}
