import type { ShownSection } from "../../result/shown-section.ts";
import {
  formatBound,
  formatEstimate,
  formatMeasured,
  formatNumber,
  formatShare,
  formatShareBound,
} from "../../util/format-number.ts";
import { axesTitle } from "../asked.ts";
import { NOTHING_TOLD } from "../quadratic.ts";
import { AXES, type PlaneResult, type SurfaceResult } from "./surface-result.ts";
import { shortNumber } from "../short-number.ts";

type Share = NonNullable<PlaneResult["share"]["trace"]>;

/** The surface in words and numbers. */
export function surfaceSections(result: SurfaceResult): ShownSection[] {
  const { x, y, plane, normalization, orthogonal, home, rounding, trace, measured, points, planes, dimension } = result;
  const [first] = planes;
  const lost = planes
    .flatMap(({ loss }) => loss.flat())
    .filter((each) => each !== null && !Number.isFinite(each)).length;
  const range = (values: readonly number[]) => `${shortNumber(values[0])} to ${shortNumber(values[values.length - 1])}`;
  const main: ShownSection = {
    title: `The loss over the plane ${axesTitle(plane)}`,
    caveats: [
      ...(measured < points
        ? [`${measured} of ${points} points were measured, from coarse to fine: the time was up.`]
        : []),
      ...(lost > 0 ? [`The loss is not finite at ${lost} of ${points} points.`] : []),
    ],
    text: [
      `${x.length} × ${y.length} points: ${first.axes[0]} from ${range(x)}, ${first.axes[1]} from ${range(y)}. 1 on the axes stands for distances of ${first.lengths.map((each) => formatNumber(each)).join(" and ")} in the space of the ${dimension} parameters; normalisation: ${normalization}${orthogonal ? ", the second axis made orthogonal to the first" : ""}.`,
      ...first.notes,
      endOfQuadratic(first),
      cannotTell(result),
    ],
    readings: [
      { label: "Loss at the weights", value: formatEstimate(home, 0, rounding), note: "the cell at 0, 0, bit for bit" },
      {
        label: "Cosine of the axes",
        value: formatNumber(first.cosine, 3),
        note: "0 for axes at a right angle: what looks round is round",
      },
      {
        label: "Curvature in the plane",
        value: formatNumber(traceInPlane(first)),
        note: "tr PHP, P the projection onto the plane: the sum of its two curvatures per unit of distance",
      },
      {
        label: "Share of tr H",
        value: shareOf(first.share.trace),
        note:
          trace === null
            ? "not measured"
            : `tr H = ${formatEstimate(trace.value, trace.standardError, trace.rounding)}; a plane at random holds ${formatNumber(AXES / dimension, 2)} on average`,
      },
      {
        label: "Share of the largest curvatures",
        value: shareOf(first.share.top),
        note: aboutLeading(result),
      },
    ],
    table:
      first.marks.length === 0
        ? null
        : {
            columns: ["weights", "x", "y", "distance out of the plane"],
            rows: first.marks.map(({ name, x: at, y: across, outside }) => [
              name,
              ...[at, across, outside].map((each) => formatNumber(each)),
            ]),
          },
  };
  return planes.length < 2 ? [main] : [main, seeds(result)];
}

function aboutLeading({ top, leading, topConverged }: SurfaceResult): string {
  if (top === null || top.length === 0) return "not measured";
  if (topConverged === false)
    return "not known: the search for the largest eigenvalues ended before its tolerance, and there may be larger ones than it met";
  const largest = `λ₁ = ${formatMeasured(top[0].value, top[0].residual)}`;
  if (leading === 0)
    return `${largest}; the space of the ${top.length} largest eigenvalues, or fewer, is not told apart from that of the next`;
  const fewer =
    leading === null || leading === top.length
      ? ""
      : `; those up to the ${top.length}th are not told apart from the next`;
  return `of the ${leading ?? top.length} largest eigenvalues, ${largest}: Σ λᵢ ‖P uᵢ‖² over Σ λᵢ${fewer}`;
}

function traceInPlane({ quadratic: { curvature }, lengths: [a, b], cosine }: PlaneResult): number {
  const [[xx, xy], [, yy]] = curvature;
  // tr(G⁻¹ M), G the inner products of the axes.
  return (xx / a ** 2 - (2 * cosine * xy) / (a * b) + yy / b ** 2) / (1 - cosine ** 2);
}

function shareOf(share: PlaneResult["share"]["trace"]): string {
  if (share === null) return "n/a";
  const { value, lower, upper } = share;
  if (!Number.isFinite(lower) || !Number.isFinite(upper)) return "not resolved: the interval of tr H holds 0";
  if (isNothing(share)) return `below ${formatBound(Math.max(-lower, upper), 2, "most")}`;
  return `${formatNumber(value, 2)} (${formatBound(lower, 2, "least")} to ${formatBound(upper, 2, "most")})`;
}

/** Whether a share is no more than what it may be off by. */
function isNothing({ value, lower, upper }: Share): boolean {
  return lower <= 0 && upper >= 0 && Math.abs(value) < Math.max(-lower, upper) / 2;
}

function endOfQuadratic({ quadratic: { holdsTo, leavesAt, share } }: PlaneResult): string {
  const off = `off by more than ${formatShare(share)} of the change that slope and curvature make up`;
  if (holdsTo === null) return NOTHING_TOLD;
  if (leavesAt === null)
    return `The quadratic of slope and curvature holds wherever rounding lets it be told, out to a distance of ${formatNumber(holdsTo)}: none is ${off}.`;
  if (holdsTo === 0)
    return `No point shows the loss to follow the quadratic of slope and curvature: at a distance of ${formatNumber(leavesAt)} it is ${off}. Narrower axes may show where it does.`;
  return `The quadratic of slope and curvature holds out to a distance of ${formatNumber(holdsTo)}; at ${formatNumber(leavesAt)} the loss is ${off}.`;
}

function cannotTell({ dimension, share: { trace } }: SurfaceResult): string {
  if (dimension <= AXES)
    return `The figure shows all ${dimension} directions that there are, in the range of its axes.`;
  const rest = trace === null || !Number.isFinite(trace.upper) ? "" : `, and ${outside(trace)}`;
  return `What the figure cannot tell: it shows ${AXES} of ${dimension} directions${rest}. That it is smooth, convex or wide here says nothing of the others.`;
}

function outside({ value, lower, upper }: Share): string {
  // Where curvatures of both signs cancel in a trace, its parts are no shares of it.
  if (upper < 0 || lower > 1)
    return `the curvature in it is ${formatNumber(value, 2)} times tr H: curvatures of both signs cancel in tr H`;
  if (upper >= 1) return "how much of tr H lies outside it is not resolved";
  return `at least ${formatShareBound(1 - upper, "least")} of tr H lies outside it`;
}

function seeds({ planes, spread }: SurfaceResult): ShownSection {
  const highest = ({ loss }: PlaneResult) =>
    loss
      .flat()
      .reduce<number | null>(
        (most, each) => (each !== null && Number.isFinite(each) && (most === null || each > most) ? each : most),
        null,
      );
  return {
    title: "Planes of other seeds",
    caveats: [],
    text: [
      `${planes.length} planes whose directions differ by their random numbers alone: what differs between them is chance.${
        spread === null
          ? ""
          : ` Half their curvature, ½ tr PHP, lies between ${formatNumber(spread.lowest)} and ${formatNumber(spread.highest)}, ${formatNumber(spread.mean)} on average with a standard deviation of ${formatNumber(spread.deviation)}.`
      }`,
    ],
    readings: [],
    table: {
      columns: ["plane", "½ tr PHP", "share of tr H", "cosine", "highest loss", "quadratic holds to"],
      rows: planes.map((each, i) => [
        i + 1,
        formatNumber(traceInPlane(each) / 2, 3),
        shareOf(each.share.trace),
        ...[each.cosine, highest(each), each.quadratic.holdsTo].map((value) => formatNumber(value, 3)),
      ]),
    },
  };
}
