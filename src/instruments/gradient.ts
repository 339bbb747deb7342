import { z } from "zod";
import { dot, norm2 } from "../linalg/vector.ts";
import { listOf } from "../onnx/intake-error.ts";
import type { Problem } from "../problem/problem.ts";
import { formatEstimate, formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { formatCount } from "../util/format-size.ts";
import { provesSlope } from "./descent.ts";
import { defineInstrument } from "./instrument.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { exampleNorms } from "../quantities/example-norms.ts";
import { gradientRounding } from "../quantities/gradient-rounding.ts";
import { gradientSample } from "../quantities/gradient-sample.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { noiseTrace } from "../quantities/noise-trace.ts";
import { aboutSum, summedOverIn, timesSum } from "../quantities/summed-over.ts";
import type { Desk } from "../quantities/desk.ts";
import { onlyIf } from "../quantities/quantity.ts";
import { hasSingleExamples, needsSingleExamples } from "../quantities/single-examples.ts";
import { eigenvaluesPart, type ExtremesPart } from "./eigenvalues/eigenvalues-part.ts";
import { gradientPart, type GradientPart } from "./gradient/gradient-part.ts";
import { gradientTensors } from "./gradient/gradient-tensors.ts";
import { zeroWeightsIn } from "./gradient/zero-weights.ts";
import { exactly, type Claim, type Condition } from "./judge-verdict.ts";
import { slopeEvidence } from "./noise/critical-batch-size.ts";
import { hypotOf } from "../util/extremes.ts";

type OfSingleExamples = Pick<GradientPart, "perExample" | "summedOver" | "noiseFloor" | "relativeToNoise" | "evidence">;

/** Where no example has a gradient of its own, there is no yardstick made of them. */
const NO_EXAMPLES: OfSingleExamples = {
  perExample: null,
  summedOver: null,
  noiseFloor: null,
  relativeToNoise: null,
  evidence: null,
};

async function ofSingleExamples(desk: Desk, norm: number): Promise<OfSingleExamples> {
  const { meanSquare, value: trace } = await desk.get(noiseTrace);
  const { squares } = await desk.get(exampleNorms);
  const noise = Math.sqrt(trace / squares.length);
  const sample = await desk.get(gradientSample);
  return {
    perExample: meanSquare > 0 ? norm / Math.sqrt(meanSquare) : 0,
    summedOver: summedOverIn(desk),
    noiseFloor: noise,
    relativeToNoise: noise > 0 ? norm / noise : null,
    evidence: (sample && slopeEvidence(sample, desk.confidence)) ?? null,
  };
}

/** What of the gradient lies in tensors of which nothing in the model says that they are trained. */
function doubtfulIn({ options, space }: Problem, gradient: Float64Array, norm: number): GradientPart["doubtful"] {
  const doubted = new Set(options.doubtful);
  const tensors = space.tensors.filter(({ name }) => doubted.has(name));
  if (tensors.length === 0 || norm === 0) return null;
  const lengths = tensors.map(({ offset, size }) => norm2(gradient.subarray(offset, offset + size)));
  return { names: tensors.map(({ label }) => label), share: (hypotOf(lengths) / norm) ** 2 };
}

export const GRADIENT_LENGTH = String.raw`\|\nabla L\|`;

export const gradientInstrument = defineInstrument({
  name: "gradient",
  title: "Gradient",
  part: gradientPart,
  reads: [eigenvaluesPart],
  figures: [gradientTensors],
  parameters: z.object({}),
  needs: [
    lossGradient,
    hessianExtremes,
    gradientRounding,
    ...[exampleNorms, noiseTrace, gradientSample].map((quantity) => onlyIf(hasSingleExamples, quantity)),
  ],
  run: async (desk) => {
    const { problem } = desk;
    const gradient = await desk.get(lossGradient);
    const norm = norm2(gradient);
    const { top, converged } = await desk.get(hessianExtremes);
    const single = needsSingleExamples(problem) === undefined ? await ofSingleExamples(desk, norm) : NO_EXAMPLES;
    const along = top.map(({ vector }) => (vector ? dot(vector, gradient) : 0));
    const share = along.reduce((sum, x) => sum + x * x, 0) / norm ** 2;
    const decrement = top.reduce(
      (sum, { value, residual }, i) => (value > residual ? sum + along[i] ** 2 / (2 * value) : sum),
      0,
    );
    return {
      parts: {
        gradient: {
          norm,
          ...single,
          rounding: (await desk.get(gradientRounding)).gradient,
          topSubspaceShare: norm > 0 ? share : null,
          topSubspaceDimension: top.length,
          doubtful: doubtfulIn(problem, gradient, norm),
          zeros: zeroWeightsIn(problem.space, desk.point.parameters, gradient) ?? null,
          newtonDecrement: decrement,
          tensors: problem.space.tensors.map(({ label, offset, size }) => ({
            name: label,
            norm: norm2(gradient.subarray(offset, offset + size)),
          })),
        },
      },
      converged,
      reason: needsSingleExamples(problem),
    };
  },
  readings: ({ gradient }) => {
    if (gradient === null) return [];
    const { norm, rounding } = gradient;
    const length = {
      label: "Length of the gradient",
      symbol: GRADIENT_LENGTH,
      value: formatEstimate(norm, 0, rounding ?? 0),
      key: { label: "Gradient", value: formatNumber(norm, 3), number: { value: norm, error: rounding } },
    };
    // What is made of rounding has no parts.
    if (rounding !== null && norm > 0 && norm <= rounding) return [{ ...length, note: "zero up to rounding" }];
    const relative = norm > 0 ? (rounding ?? 0) / norm : 0;
    const yardsticks = [
      {
        label: "Against one example",
        symbol: String.raw`\|\nabla L\| / \mathrm{rms}\,\|\nabla \ell_i\|`,
        value: formatEstimate(gradient.perExample, 0, relative * (gradient.perExample ?? 0)),
        note: `over the root mean square length of single examples' gradients${timesSum(gradient.summedOver)}`,
      },
      {
        label: "Against its noise",
        symbol: String.raw`\|\nabla L\| / \sqrt{\operatorname{tr}\Sigma / n}`,
        value: formatEstimate(gradient.relativeToNoise, 0, relative * (gradient.relativeToNoise ?? 0)),
        note: gradient.evidence
          ? `‖g‖² lies ${formatNumber(gradient.evidence.excess, 2)} standard errors from what sampling alone gives`
          : "near or below 1, the gradient over all possible data may be zero",
      },
    ];
    return [
      length,
      ...(gradient.perExample === null ? [] : yardsticks),
      {
        label: "Within the stiffest directions",
        value: formatShare(gradient.topSubspaceShare),
        note: `share of its squared length in the ${gradient.topSubspaceDimension} leading eigenvectors`,
      },
      {
        label: "Gain of a Newton step there",
        symbol: String.raw`\tfrac12 \sum_i (g^{\!\top} v_i)^2 / \lambda_i`,
        value: formatEstimate(gradient.newtonDecrement, 0, 2 * relative * (gradient.newtonDecrement ?? 0)),
        note: "decrease of the loss, to second order",
      },
    ];
  },
  measures:
    "The length of the gradient, set against two yardsticks: the gradient of a single example, and the error √(tr Σ / n) that n examples leave in the mean. Also how much of it lies along the sharpest directions, and what a Newton step there would gain.",
  means: ({ gradient, hessian }) => {
    if (!gradient) return "";
    const judgement = judgementOf(gradient, hessian);
    if (judgement === "zero")
      return "The gradient is exactly zero: on these data the point is critical, and no share of it lies anywhere.";
    const { relativeToNoise: relative } = gradient;
    if (judgement === "rounding" || judgement === "descends")
      return `‖g‖ = ${formatMeasured(gradient.norm)}. ${SENTENCES[judgement]}`;
    return `‖g‖ = ${formatMeasured(gradient.norm)}${relative === null ? "" : `, ${formatMeasured(relative)} times the sampling error`}. ${SENTENCES[judgement]} ${formatShare(gradient.topSubspaceShare)} of ‖g‖² lies in the ${gradient.topSubspaceDimension} sharpest directions; a Newton step there would lower the loss by about ${formatMeasured(gradient.newtonDecrement)}.${aboutSum(gradient.summedOver)}`;
  },
  doesNotMean:
    "A small gradient is no proof of a minimum: it is as small near a saddle and on a plateau. Which it is takes a gradient of zero and eigenvalues whose signs are resolved.",
  tryNext: ({ gradient }) => {
    if (gradient?.norm === 0) return "The eigenvalues say whether this is a minimum.";
    if (gradient?.perExample === null)
      return "Without gradients of single examples nothing says how far training is: follow the loss over more steps.";
    return (gradient?.relativeToNoise ?? Number.POSITIVE_INFINITY) > 10
      ? "The slope stands far out of the sampling error: steps below the stability limit lower the loss on new data of this kind too."
      : "Steps on batches smaller than the critical batch size follow more noise than slope here: a lower step size or a larger batch averages it out.";
  },
  verdicts: ({ gradient, hessian }) => {
    const claim = gradient && claimOf(gradient, judgementOf(gradient, hessian));
    const doubt = gradient && doubtOf(gradient);
    const zeros = gradient && zerosOf(gradient);
    return [
      ...(claim
        ? [{ asks: "whether the point is critical", claims: [claim], decidedBy: "More examples would decide it." }]
        : []),
      ...(doubt ? [{ asks: "what is trained", claims: [doubt], decidedBy: "--freeze decides it." }] : []),
      ...(zeros
        ? [
            {
              asks: "whether weights that are exactly 0 are trained",
              claims: [zeros],
              decidedBy: "Whoever trained them knows.",
            },
          ]
        : []),
    ];
  },
});

/** The share of ‖g‖² below which tensors change no number by much. */
const SLIGHT = 0.01;

function doubtOf({ norm, rounding, doubtful }: GradientPart): Claim | undefined {
  if (doubtful === null || (rounding !== null && norm <= rounding)) return undefined;
  const { names, share } = doubtful;
  return {
    level: share < SLIGHT ? "note" : "warn",
    rests: [{ ground: exactly("the share of ‖g‖²", share) }],
    text: `${formatShare(share)} of ‖g‖² lies in ${listOf(names)}, which ${names.length === 1 ? "counts" : "count"} as trained though nothing in the file says so: where ${names.length === 1 ? "it is" : "they are"} not, ‖g‖ = ${formatMeasured(norm * Math.sqrt(Math.max(0, 1 - share)))}, and --freeze ${names[0]} gives all numbers without ${names.length === 1 ? "it" : "that one"}.`,
  };
}

function zerosOf({ norm, rounding, zeros }: GradientPart): Claim | undefined {
  if (zeros === null || (rounding !== null && norm <= rounding)) return undefined;
  const { names, numbers, share } = zeros;
  const each = numbers === 1 ? "number" : "numbers";
  return {
    level: share < SLIGHT ? "note" : "warn",
    rests: [{ ground: exactly("the share of ‖g‖²", share) }],
    text: `${formatShare(share)} of ‖g‖² lies in ${formatCount(numbers)} ${each} of ${listOf(names)} that ${numbers === 1 ? "is" : "are"} exactly 0, as masked weights and the rows of padding are: ${numbers === 1 ? "it counts" : "they count"} as trained, in curvature too. Where ${numbers === 1 ? "it is" : "they are"} not, ‖g‖ = ${formatMeasured(norm * Math.sqrt(Math.max(0, 1 - share)))}.`,
  };
}

function claimOf(gradient: GradientPart, judgement: Judgement): Claim | undefined {
  const { norm, rounding, relativeToNoise, perExample, summedOver } = gradient;
  const measured = `The gradient is ${formatMeasured(relativeToNoise)} times its sampling error`;
  const length: Condition = { ground: exactly("‖g‖", norm) };
  switch (judgement) {
    case "zero":
      return {
        level: "pass",
        rests: [length],
        text: "The gradient is exactly zero: a critical point of the loss on these data.",
      };
    case "rounding":
      return {
        level: "pass",
        rests: [{ ...length, below: (rounding ?? 0) * (1 + Number.EPSILON) }],
        text: `The gradient, ${formatMeasured(norm)}, is zero up to rounding: a critical point of the loss on these data.`,
      };
    case "descends":
      return {
        level: "note",
        rests: [length],
        text: `The gradient, ${formatMeasured(norm)}, is no longer than its rounding may be, and yet the loss falls along it by more than rounding: the point is not critical.`,
      };
    case "fitted":
      return {
        level: "note",
        rests: [length],
        text: `${measured}, shorter than examples the weights had not seen would leave it: it speaks of these examples alone, to which the weights were fitted.`,
      };
    case "critical":
      return {
        level: "pass",
        rests: [length],
        text: `${measured}: critical for the population, as far as these data can tell, unless the weights were fitted to them.`,
      };
    case "too few examples":
      return {
        level: "note",
        rests: [length],
        text: `${measured}, and that error is ${formatShare((perExample ?? 0) / (relativeToNoise ?? 1))} of a single example's gradient${timesSum(summedOver)}: more of them are needed to say whether the point is critical for the population.`,
      };
    case "slope":
      return { level: "note", rests: [length], text: `${measured}: the point is not critical.` };
    default:
      return undefined;
  }
}

/** To call a gradient zero it must be known to be below this share of a single example's gradient (root mean square). */
const SMALL = 0.1;

type Judgement =
  | "zero"
  | "rounding"
  | "descends"
  | "coupled"
  | "one gradient"
  | "fitted"
  | "critical"
  | "too few examples"
  | "slope";

/**
 * What the evidence says of ∇L over the population that the examples were drawn from (`slopeEvidence`). A
 * gradient that sampling alone does not explain is a slope. A shorter one is compatible with zero, but also with
 * anything up to the bound: only where that is below a tenth of a single example's gradient is the point called
 * critical; with fewer examples there is nothing to conclude. One that is shorter than unseen examples would
 * leave it was made so by fitting these: it says nothing of others.
 */
function judgementOf(
  { norm, rounding, perExample, relativeToNoise, evidence }: GradientPart,
  hessian: ExtremesPart,
): Judgement {
  if (norm === 0) return "zero";
  if (rounding !== null && norm <= rounding) return provesSlope(hessian) ? "descends" : "rounding";
  if (perExample === null) return "coupled";
  if (relativeToNoise === null) return "one gradient";
  if (!evidence) return "too few examples";
  if (evidence.fitted) return "fitted";
  if (evidence.resolved) return "slope";
  return evidence.longest < (SMALL * norm) / perExample ? "critical" : "too few examples";
}

const SENTENCES: Readonly<Record<Judgement, string>> = {
  zero: "",
  rounding:
    "That is what rounding alone leaves: on these data the point is critical as far as this precision can tell.",
  descends: "Rounding may leave as much, and yet the loss was seen to fall along it: it is a gradient.",
  coupled: "No example has a gradient of its own to compare it with.",
  "one gradient": "All examples have the same gradient, so there is no sampling error to compare it with.",
  fitted:
    "That is shorter than examples the weights had not seen would leave it: the weights were fitted to these, and of the population they were drawn from nothing follows.",
  critical:
    "Unless the weights were fitted to these examples, it cannot be told from zero for the population that they were drawn from, and it is small against that of one example: on this evidence the point is critical.",
  "too few examples":
    "It cannot be told from zero for the population that the data were drawn from, but its error is too large, with so few examples, to call the point critical.",
  slope: "It stands out of the sampling error: there is a slope that new data would show too.",
};
