import { z } from "zod";
import { roundoff } from "../estimators/products.ts";
import { norm2 } from "../linalg/vector.ts";
import type { Reading } from "../result/section.ts";
import { formatBound, formatEstimate, formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { eigenvaluesPart, type ExtremesPart } from "./eigenvalues/eigenvalues-part.ts";
import { extremalEigenvalues } from "./eigenvalues/extremal-eigenvalues.ts";
import { gradientPart, type GradientPart } from "./gradient/gradient-part.ts";
import { defineInstrument } from "./instrument.ts";
import type { BaseNumbers } from "./base-numbers.ts";
import { lossPart } from "./loss.ts";
import { exactly, type Claim, type Condition, type Ground, type Question } from "./judge-verdict.ts";
import { descentAlongGradient, provesSlope } from "./descent.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { denseHessian } from "../quantities/dense-hessian.ts";
import { comesFromMatrix, hessianExtremes } from "../quantities/hessian-extremes.ts";
import { hessianOperator } from "../quantities/hessian-operator.ts";
import { lossRounding } from "../quantities/loss-rounding.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { onlyIf } from "../quantities/quantity.ts";
import { pairsCheck } from "./pairs-check.ts";
import { eigenvalueNumber, eigenvalueReading } from "./reading.ts";

function withMethod(reading: Reading, method: string | null): Reading {
  return method === null ? reading : { ...reading, note: `${reading.note}; ${method}` };
}

/** What it looks at: the curvature, and whether the gradient is zero. */
interface Seen extends BaseNumbers {
  readonly hessian: ExtremesPart;
  readonly gradient: GradientPart | null;
  readonly lossRounding: number | null;
}

/** How sure the count of hidden copies is. */
function searched(missProbability: number | null): string {
  if (missProbability === null) return "by a second search that ended before it could bound what it missed";
  if (missProbability === 0) return "the whole spectrum was seen";
  return `by a second search that misses one with probability below ${formatBound(missProbability, 1, "most")}`;
}

/** Whether what is beyond the reported eigenvalues was looked for to the end. */
export function isBounded({ multiplicity, eigenvaluesConverged }: ExtremesPart): boolean {
  return eigenvaluesConverged === true && multiplicity?.checked === true && multiplicity.missProbability !== null;
}

/** The spectral norm, as far as it was seen. */
function largestInSize({ top, bottom }: ExtremesPart): number {
  return Math.max(Math.abs(top?.[0]?.value ?? 0), Math.abs(bottom?.[0]?.value ?? 0));
}

/**
 * λmin and λmax with what is known of them. A Ritz value is never below λmin, so that one proves what λmin is at
 * most, converged or not; that nothing lies below takes the search for what was missed, and its margin.
 */
function endsOf(hessian: ExtremesPart): { lowest: Ground; highest: Ground } | undefined {
  const { top, bottom, multiplicity } = hessian;
  const [first, last] = [bottom?.[0], bottom?.at(-1)];
  const [highest, least] = [top?.[0], top?.at(-1)];
  if (!first || !last || !highest || !least) return undefined;
  const margin = isBounded(hessian) ? (multiplicity?.margin ?? 0) : Number.POSITIVE_INFINITY;
  return {
    lowest: {
      name: "λmin",
      value: first.value,
      lower: Math.min(first.value - first.residual, last.value - last.residual - margin),
      upper: first.value + first.residual,
    },
    highest: {
      name: "λmax",
      value: highest.value,
      lower: highest.value - highest.residual,
      upper: Math.max(highest.value + highest.residual, least.value + least.residual + margin),
    },
  };
}

/** Relative to the loss: a decrease below this many roundings is none. */
const ROUNDINGS = 16;

/** A length below which a gradient does not keep a point from being critical, and what that says of it. */
interface Floor {
  readonly length: number;
  readonly said: string;
}

/**
 * Why the gradient does not count: it is rounding; it is what rounding the weights moves it by; or, where all
 * curvature is positive, the loss is within its own rounding of the minimum, ½‖g‖²/λmin at most. The first that
 * applies; undefined where none does.
 */
function floorOf({ hessian, gradient, gradientNorm, loss, lossRounding }: Seen, lowest: Ground): Floor | undefined {
  if (provesSlope(hessian)) return undefined;
  const { gradientResolution, roundoff } = hessian ?? {};
  const norm = gradientNorm ?? 0;
  const drop = Math.max(lossRounding ?? 0, ROUNDINGS * (roundoff ?? 0) * Math.abs(loss ?? 0));
  const length = `‖g‖ = ${formatNumber(norm, 3)}`;
  const floors: readonly Floor[] = [
    {
      length: gradient?.rounding ?? 0,
      said: norm === 0 ? "the gradient is zero" : "the gradient is zero up to rounding",
    },
    {
      length: gradientResolution ?? 0,
      said: `the gradient (${length}) is no longer than what rounding of the weights moves it by`,
    },
    {
      length: lowest.lower > 0 ? Math.sqrt(2 * lowest.lower * drop) : 0,
      said: `the gradient (${length}) is not zero, but the loss is within its own rounding of the least that is near`,
    },
  ];
  return floors.find((floor) => norm <= floor.length);
}

function curvatureQuestion(parts: Seen): Question[] {
  const { hessian, gradientNorm } = parts;
  const ends = hessian && endsOf(hessian);
  if (!ends || gradientNorm === undefined) return [];
  const { lowest, highest } = ends;
  const length = exactly("‖g‖", gradientNorm);
  const floor = floorOf(parts, lowest);
  const below = floor === undefined || floor.length === 0 ? Number.MIN_VALUE : floor.length * (1 + Number.EPSILON);
  const zero: Condition = { ground: length, below };
  const slopes: Condition = { ground: length, above: 0 };
  const flat: Condition = { ground: exactly("‖H‖₂", largestInSize(hessian)), below: Number.MIN_VALUE };
  const up: Condition = { ground: lowest, above: 0 };
  const dips: Condition = { ground: lowest, below: 0 };
  const rises: Condition = { ground: highest, above: 0 };
  const down: Condition = { ground: highest, below: 0 };
  const least = formatEstimate(lowest.value, lowest.upper - lowest.value);
  const most = formatEstimate(highest.value, highest.value - highest.lower);
  const depth = -lowest.value / largestInSize(hessian) || 0;
  const slope = `The gradient is not zero (‖g‖ = ${formatNumber(gradientNorm, 3)}), so this is no critical point`;
  const level = depth > DEEP ? "warn" : "note";
  const [asks, claims]: [string, Claim[]] = floor
    ? [
        "what kind of critical point this is",
        [
          {
            level: "pass",
            rests: [zero, up],
            text: `A minimum: ${floor.said}, and every curvature is positive, the least of them ${least}.`,
          },
          {
            level: "warn",
            rests: [zero, dips, rises],
            text: `A saddle point: ${floor.said}, and the curvature reaches from ${least} to ${most}.`,
          },
          {
            level: "warn",
            rests: [zero, down],
            text: `A maximum: ${floor.said}, and every curvature is negative, at most ${most}.`,
          },
          {
            level: "warn",
            rests: [zero, flat],
            text: `A plateau to second order: ${floor.said}, and the Hessian is zero.`,
          },
        ],
      ]
    : [
        "whether the loss bends down anywhere",
        [
          {
            level: "note",
            rests: [slopes, up],
            text: `No negative curvature: the least is ${least}. ${slope}.`,
          },
          {
            level,
            rests: [slopes, dips, rises],
            text: `Negative curvature reaches ${formatShare(depth)} of the strongest: λmin = ${least}. ${slope}.`,
          },
          {
            level: "warn",
            rests: [slopes, down],
            text: `Every curvature is negative, at most ${most}. ${slope}.`,
          },
          {
            level: "note",
            rests: [slopes, flat],
            text: `No curvature: the loss is linear here to second order. ${slope}.`,
          },
        ],
      ];
  const bounded = hessian && isBounded(hessian);
  const decidedBy = `${
    bounded
      ? `A finer resolution (${hessian.roundoff === FINEST ? "" : "--precision float64, "}a smaller --tol) would tell, unless eigenvalues are exactly zero, as those of symmetries are.`
      : "More time, or the whole spectrum (--exact-limit of at least the number of parameters), would decide it."
  }${floor ? "" : ` ${slope}.`}`;
  return [{ asks, claims, decidedBy }];
}

/** The unit roundoff of float64. */
const FINEST = 2 ** -53;

/** From this share of the strongest curvature on, negative curvature is warned of. */
const DEEP = 0.1;

export const eigenvaluesInstrument = defineInstrument({
  name: "eigenvalues",
  title: "Extreme eigenvalues of the Hessian",
  part: eigenvaluesPart,
  reads: [gradientPart, lossPart],
  figures: [extremalEigenvalues],
  parameters: z.object({}),
  needs: [hessianExtremes, onlyIf(comesFromMatrix, denseHessian), lossGradient, lossValue, lossRounding],
  // What proves them.
  cost: () => 1,
  run: async (desk) => {
    const { point, problem } = desk;
    const unit = roundoff(problem.options);
    const found = await desk.get(hessianExtremes);
    const { scale, multiplicity, products, method, converged, reason } = found;
    const [top, bottom] = [found.top, found.bottom].map((pairs) =>
      pairs.map(({ value, residual }) => ({ value, residual })),
    );
    const spectrum = comesFromMatrix(desk) ? (await desk.get(denseHessian))?.values : undefined;
    const hessian = {
      name: "hessian-eigenvalues",
      title: "the Hessian",
      operator: desk.operator(hessianOperator),
      spectrum,
    };
    desk.checks.push(await pairsCheck(hessian, { top, bottom }, found, desk.random.split("proof of eigenvalues")));
    const smallest = bottom[0].value;
    const strongest = Math.max(Math.abs(top[0].value), Math.abs(smallest));
    const { checked, found: copies, missProbability, margin } = multiplicity;
    // Four roundings of every weight, as far as the strongest curvature carries them: a bound, which may be far too large.
    const gradientResolution = 4 * unit * scale * norm2(point.parameters);
    const isShort = norm2(await desk.get(lossGradient)) <= gradientResolution;
    const descent = isShort ? await descentAlongGradient(desk) : undefined;
    return {
      parts: {
        hessian: {
          top,
          bottom,
          multiplicity: { checked, found: copies, missProbability, margin },
          eigenvalueProducts: products,
          eigenvalueMethod: method,
          eigenvaluesConverged: converged,
          negativeDepth: strongest > 0 ? Math.max(0, -smallest) / strongest : null,
          gradientResolution,
          descent: descent ?? null,
          descentRounding: descent === undefined ? null : 2 * (await desk.get(lossRounding)),
          roundoff: unit,
        },
      },
      converged,
      reason: converged ? undefined : (reason ?? "The residuals stayed above the tolerance within the budget."),
    };
  },
  readings: ({ hessian }) => {
    const { top, bottom, multiplicity, eigenvalueMethod, negativeDepth } = hessian;
    const found = top === null || isBounded(hessian) ? "" : " found";
    const strongest = largestInSize(hessian);
    return [
      {
        ...withMethod(eigenvalueReading(`Largest${found}`, String.raw`\lambda_{\max}`, top?.[0]), eigenvalueMethod),
        key: { label: `Sharpness${found}`, ...eigenvalueNumber(top?.[0]) },
      },
      eigenvalueReading(`Second largest${found}`, String.raw`\lambda_2`, top?.[1]),
      {
        ...eigenvalueReading(`Smallest${found}`, String.raw`\lambda_{\min}`, bottom?.[0]),
        key: { label: `Lowest curvature${found}`, ...eigenvalueNumber(bottom?.[0]) },
      },
      {
        label: "Depth of negative curvature",
        symbol: String.raw`|\lambda_{\min}| / \|H\|_2`,
        value:
          negativeDepth === null || !bottom?.[0]
            ? formatNumber(null)
            : bottom[0].value >= bottom[0].residual
              ? formatNumber(0)
              : formatEstimate(negativeDepth, bottom[0].residual / strongest),
        note: "0 where λmin is not negative; ± what the residual of λmin leaves",
      },
      multiplicity === null
        ? undefined
        : multiplicity.checked
          ? {
              label: "Hidden copies found",
              value: String(multiplicity.found),
              note: searched(multiplicity.missProbability),
            }
          : {
              label: "Hidden copies",
              value: formatNumber(null),
              note: "not looked for to the end: larger or smaller eigenvalues, and copies, may have been missed",
            },
    ];
  },
  measures:
    "The largest and the smallest eigenvalues of the Hessian: the curvature of the loss along its sharpest and its most negative directions. Each comes with ‖Hv − λv‖, within which a true eigenvalue is certain to lie. That there is none beyond takes more: the whole spectrum, or a second search for what the first could not see; the last line says which was made. Of several at one end, each is an eigenvalue to its ±, but with a coarse --tol one that lies between them may be missing.",
  means: ({ hessian }) => {
    const [top, bottom] = [hessian?.top?.[0], hessian?.bottom?.[0]];
    const ends = hessian && endsOf(hessian);
    if (!top || !bottom || !ends) return "";
    const sign =
      ends.lowest.upper < 0
        ? `There is a direction of negative curvature, ${formatShare(hessian?.negativeDepth)} as strong as the strongest curvature: the point is no minimum.`
        : ends.lowest.lower > 0
          ? "Every curvature is positive."
          : "The sign of the smallest is not resolved: its error reaches across 0.";
    return `λmax = ${formatMeasured(top.value, top.residual)} and λmin = ${formatMeasured(bottom.value, bottom.residual)}. ${sign}`;
  },
  doesNotMean:
    "λmax is not a property of the function that the network computes: rescaling the layers of a ReLU network changes it at will and leaves the function alone (see Flatness). It bounds the step size; it does not by itself predict the test error. Eigenvalues alone tell no minimum from a slope: that takes a gradient of zero.",
  tryNext: ({ hessian }) =>
    (hessian?.negativeDepth ?? 0) > DEEP && ((hessian && endsOf(hessian)?.lowest.upper) || 0) < 0
      ? "Look at the loss along the most negative direction; where the gradient has a part along it, further steps go down it."
      : "Compare λmax with 2 / (your step size): see Stability limits.",
  verdicts: curvatureQuestion,
});
