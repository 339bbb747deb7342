import { z } from "zod";
import { dot, norm2, plusMultiple } from "../linalg/vector.ts";
import { whyEnded } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { formatBound, formatNumber, formatShare, formatShareBound } from "../util/format-number.ts";
import { defineInstrument } from "./instrument.ts";
import { eigenvaluesPart } from "./eigenvalues/eigenvalues-part.ts";
import { linesPart, type LinePart } from "./lines/lines-part.ts";
import { lossAlongLowest, lossAlongSharpest } from "./lines/loss-along.ts";
import { exactly, within, type Question } from "./judge-verdict.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { gradientRounding } from "../quantities/gradient-rounding.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { lossRounding } from "../quantities/loss-rounding.ts";
import { lossValue } from "../quantities/loss-value.ts";
import type { Desk } from "../quantities/desk.ts";
import { maxOf, minOf } from "../util/extremes.ts";

/** Steps to each side. */
const STEPS = 5;

/** A change of the loss is seen where it is this many times the rounding of the loss. */
const VISIBLE = 100;

/** The parabola holds where it is off by at most this share of the change that it predicts. */
const CLOSE = 0.1;

/** What is along the line: the slope gᵀv and the curvature λ of L(θ + tv) at t = 0. */
interface Parabola {
  readonly slope: number;
  readonly curvature: number;
}

/** |gᵀv| t + ½ |λ| t²: the change that the parabola predicts, the two terms not cancelling. */
function predictedChange({ slope, curvature }: Parabola, t: number): number {
  return Math.abs(slope * t) + (Math.abs(curvature) * t * t) / 2;
}

/**
 * How far to go: where the predicted change equals `change`, and never beyond `limit`; where there is no change to
 * wait for, a tenth of the limit.
 */
export function reachOf({ slope, curvature }: Parabola, change: number, limit: number): number {
  if (change <= 0) return limit / 10;
  const [s, c] = [Math.abs(slope), Math.abs(curvature)];
  // The positive root of ½ct² + st = change, in the form that does not cancel.
  return Math.min(limit, (2 * change) / (s + Math.sqrt(s * s + 2 * c * change)));
}

/** The loss at a point; null where it is not finite there. */
async function lossAt(desk: Desk, point: Float64Array): Promise<number | null> {
  const { problem } = desk;
  const context = desk.stage("loss along two lines");
  try {
    await using there = problem.at(point);
    return (await there.value(context)).loss;
  } catch (error) {
    if (error instanceof ThalwegError && error.code === "not-finite") return null;
    throw error;
  }
}

type Departure = NonNullable<LinePart["departure"]>;

/**
 * How far the loss is from the parabola at each point, relative to the change predicted there, and what rounding,
 * the residual and the error of the slope leave of that.
 */
function departuresOf(
  { step, loss, quadratic, eigenvalue, slope }: Omit<LinePart, "departure" | "holdsTo">,
  home: { readonly loss: number; readonly rounding: number; readonly slopeError: number },
): Departure[] {
  return step.flatMap((t, i) => {
    const there = loss[i];
    const predicted = predictedChange({ slope, curvature: eigenvalue.value }, t);
    if (t === 0 || there === null || predicted === 0) return [];
    // A larger loss is rounded in proportion.
    const rounding = home.rounding * (1 + Math.max(1, home.loss === 0 ? 1 : Math.abs(there / home.loss)));
    const unsure = home.slopeError * Math.abs(t) + (eigenvalue.residual * t * t) / 2;
    // A prediction that cannot be told from none is no larger than this: what is relative to it is a lower bound.
    const change = predicted > unsure ? predicted : predicted + unsure;
    const error = (rounding + unsure) / change;
    return [{ step: t, value: Math.abs(there - quadratic[i]) / change, error, isBound: predicted <= unsure }];
  });
}

/** Up to which of its steps a line is seen to leave its parabola nowhere: by more than a tenth, error excluded. */
function holdsTo({ step, loss }: Pick<LinePart, "step" | "loss">, departures: readonly Departure[]): number {
  const leaves = [
    ...departures.filter(({ value, error }) => value - error > CLOSE).map((each) => Math.abs(each.step)),
    ...step.filter((_, i) => loss[i] === null).map(Math.abs),
  ];
  const first = minOf(leaves);
  return Math.max(0, maxOf(step.filter((t) => t < first)));
}

async function measureLine(
  desk: Desk,
  direction: LinePart["direction"],
  eigenvalue: LinePart["eigenvalue"],
  vector: Float64Array,
): Promise<LinePart | undefined> {
  const theta = desk.point.parameters;
  const { loss: home } = await desk.get(lossValue);
  const rounding = await desk.get(lossRounding);
  const gradient = await desk.get(lossGradient);
  // An eigenvector has no sign of its own: this one points downhill.
  const along = dot(gradient, vector);
  const v = along > 0 ? vector.map((x) => -x) : vector;
  const slope = -Math.abs(along);
  const parabola = { slope, curvature: eigenvalue.value };
  const reach = reachOf(parabola, Math.max(Math.abs(home), VISIBLE * rounding), norm2(theta) || 1);
  const step = Array.from({ length: 2 * STEPS + 1 }, (_, i) => ((i - STEPS) / STEPS) * reach);
  const loss: (number | null)[] = [];
  for (const t of step) {
    if (desk.outOfTime) return undefined;
    loss.push(t === 0 ? home : await lossAt(desk, plusMultiple(theta, t, v)));
  }
  const quadratic = step.map((t) => home + slope * t + (eigenvalue.value * t * t) / 2);
  const line = { direction, eigenvalue, slope, step, loss, quadratic };
  const slopeError = (await desk.get(gradientRounding)).gradient;
  const departures = departuresOf(line, { loss: home, rounding, slopeError });
  // Where rounding is as large as what is looked for, a departure says nothing; the ends always count.
  const telling = departures.filter(({ step: t, error }) => error <= CLOSE || Math.abs(t) === reach);
  const departure = telling.reduce<Departure | null>(
    (most, each) => (most === null || each.value > most.value ? each : most),
    null,
  );
  return { ...line, departure, holdsTo: departure === null ? null : holdsTo(line, departures) };
}

const NAMES: Readonly<Record<LinePart["direction"], { eigenvalue: string; symbol: string; label: string }>> = {
  top: { eigenvalue: "λmax", symbol: String.raw`v_{\max}`, label: "sharpest direction" },
  bottom: { eigenvalue: "λmin", symbol: String.raw`v_{\min}`, label: "lowest direction" },
};

const endOf = ({ step }: LinePart) => step[step.length - 1];

function questionOf(line: LinePart, doubt: string | undefined): Question[] {
  const { direction, departure, holdsTo: reached, loss } = line;
  const along = `Along the direction of ${NAMES[direction].eigenvalue}`;
  const infinite = loss.filter((value) => value === null).length;
  const lost = exactly("the number of points where the loss is not finite", infinite);
  const asks = `whether the loss follows its parabola along the direction of ${NAMES[direction].eigenvalue}`;
  const decidedBy =
    "A loss with less rounding (--precision float64) or an eigenvalue with a smaller residual (--tol) would decide it.";
  const missing = {
    level: "note" as const,
    rests: [{ ground: lost, above: 0 }] as const,
    text: `${along} the loss is not finite at ${infinite} of ${loss.length} points, out to a distance of ${formatNumber(endOf(line), 3)}.`,
  };
  if (departure === null || reached === null) return [{ asks, claims: [missing], decidedBy }];
  const { value, error, step, isBound } = departure;
  const ground = within(
    `the departure of the loss from its parabola along the direction of ${NAMES[direction].eigenvalue}`,
    value,
    error,
    doubt,
  );
  const share = formatShare(value);
  return [
    {
      asks,
      claims: [
        {
          level: "pass",
          rests: [
            { ground, below: CLOSE },
            { ground: lost, below: 1 },
          ],
          text: `${along} the loss follows its parabola out to a distance of ${formatBound(endOf(line), 3, "least")}: it is off by at most ${formatShareBound(value, "most")} of the change predicted.`,
        },
        {
          level: "note",
          rests: [
            { ground, above: CLOSE },
            { ground: lost, below: 1 },
          ],
          text: `${along} the loss leaves its parabola: at a distance of ${formatNumber(Math.abs(step), 3)} ${isBound === true ? "it changes where the parabola predicts nothing that could be told from 0" : `it is off by ${share} of the change predicted`}${reached > 0 ? `; out to ${formatBound(reached, 3, "least")} no departure of more than a tenth is seen` : ""}.`,
        },
        missing,
      ],
      decidedBy,
    },
  ];
}

/**
 * L(θ + tv) along the eigenvectors of both ends of the Hessian's spectrum, beside L + gᵀv t + ½ λ t²: where the
 * numbers of second order describe the loss, and where they no longer do.
 */
export const linesInstrument = defineInstrument({
  name: "lines",
  title: "The loss along the extreme directions",
  part: linesPart,
  reads: [eigenvaluesPart],
  figures: [lossAlongSharpest, lossAlongLowest],
  parameters: z.object({}),
  needs: [hessianExtremes, lossValue, lossRounding, lossGradient, gradientRounding],
  besides: () => ({ losses: 20 }),
  run: async (desk) => {
    const { top, bottom, converged } = await desk.get(hessianExtremes);
    const ends: [LinePart["direction"], (typeof top)[number] | undefined][] = [
      ["top", top[0]],
      // The only direction there is would come twice.
      ["bottom", desk.problem.space.dimension > 1 ? bottom[0] : undefined],
    ];
    const lines: LinePart[] = [];
    let isCut = false;
    for (const [direction, pair] of ends) {
      if (pair?.vector === undefined) continue;
      const { value, residual, vector } = pair;
      const line = await measureLine(desk, direction, { value, residual }, vector);
      if (line) lines.push(line);
      else isCut = true;
    }
    return {
      parts: { lines },
      converged: converged && !isCut,
      reason: isCut
        ? `The run had to end before both lines were walked: ${whyEnded(desk.context)}`
        : converged
          ? undefined
          : "The eigenvectors have not converged: the directions are near the extreme ones, not those.",
    };
  },
  readings: ({ lines }) =>
    (lines ?? []).flatMap((line) => {
      const { direction, departure, holdsTo: reached } = line;
      const { symbol, label } = NAMES[direction];
      const end = endOf(line);
      return [
        {
          label: `Parabola holds along the ${label}`,
          symbol,
          value:
            reached === null || departure === null || departure.error > CLOSE
              ? formatNumber(null)
              : reached === 0
                ? `< ${formatBound(end / STEPS, 3, "most")}`
                : `${reached === end ? "≥" : "to"} ${formatBound(reached, 3, "least")}`,
          note: `distance from θ up to which no loss is seen to be off by more than a tenth of the change predicted; tried in ${STEPS} steps to each side, to ${formatNumber(end, 3)}`,
        },
        {
          label: `Largest departure along the ${label}`,
          value: departure === null || departure.isBound === true ? formatNumber(null) : formatShare(departure.value),
          note:
            departure === null || departure.isBound === true
              ? `no change is predicted${departure === null ? "" : " that could be told from 0"}`
              : `at a distance of ${formatNumber(departure.step, 3)}, relative to the change predicted there; rounding leaves ± ${formatShare(departure.error)}`,
        },
      ];
    }),
  measures:
    "The loss at eleven points along the eigenvectors of λmax and λmin, beside the parabola L + gᵀv t + ½ λ t² that gradient and curvature predict. The steps reach as far as the parabola needs to change the loss by the loss itself, at most as far as the weights are long; t > 0 is downhill.",
  means: ({ lines }) => {
    const [first] = lines ?? [];
    if (!first?.departure || first.holdsTo === null || first.departure.error > CLOSE) return "";
    return first.holdsTo > 0
      ? `Along the sharpest direction the curvature at these weights describes the loss to a distance of ${formatBound(first.holdsTo, 3, "least")} at least.`
      : `Along the sharpest direction the loss leaves the parabola of its curvature within ${formatBound(endOf(first) / STEPS, 3, "most")}.`;
  },
  doesNotMean:
    "Two lines say nothing about the directions between them, and a step of an optimiser goes along neither. Where a parabola fails, the curvature is still right at these weights: it changes on the way.",
  tryNext:
    "Compare the distance with the length of your optimiser's steps: where they are longer, predictions of second order (stability limits, Newton steps) do not hold over a step.",
  verdicts: ({ lines, hessian }) =>
    (lines ?? []).flatMap((line) =>
      questionOf(line, hessian?.eigenvaluesConverged === false ? "its eigenvector has not converged" : undefined),
    ),
});
