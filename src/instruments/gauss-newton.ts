import { exactEstimate, type Estimate } from "../estimators/estimate.ts";
import { estimateTrace } from "../estimators/trace.ts";
import { extremalEigenpairs } from "../estimators/extremal-eigenpairs.ts";
import type { Problem } from "../problem/problem.ts";
import { formatMeasured, formatShare } from "../util/format-number.ts";
import { eigenvalueParameters } from "./eigenvalues.ts";
import { defineInstrument } from "./instrument.ts";
import type { Measurement } from "./measurement.ts";
import { traceParameters } from "./trace.ts";
import { eigenvalueReading, estimateReading } from "./reading.ts";

const parameters = eigenvalueParameters.extend(traceParameters.shape);

/** G needs the outputs apart from the loss. */
export function needsOutputs(problem: Problem): string | undefined {
  return problem.options.loss.givesLossOnly
    ? "The model gives only its loss, and the Gauss–Newton matrix needs the outputs behind it."
    : undefined;
}

export const gaussNewtonInstrument = defineInstrument({
  name: "gauss-newton",
  title: "Gauss–Newton matrix",
  parameters,
  notFor: needsOutputs,
  needs: ["Gauss–Newton trace"],
  cost: ({ space: { dimension: n } }, { top }) => Math.min(2 * n, 12 * top),
  run: async (measurement, { top: largest, tol }) => {
    const { random, gaussNewton } = measurement;
    const context = measurement.stage("Gauss–Newton matrix");
    const { top, converged } = await extremalEigenpairs(
      gaussNewton,
      { largest, tolerance: tol },
      random.split("gauss-newton"),
      context,
    );
    const trace = await measurement.gaussNewtonTrace();
    const done = converged && trace.converged;
    return {
      parts: { gaussNewton: { top: top.map(({ value, residual }) => ({ value, residual })), trace } },
      converged: done,
      reason: done ? undefined : "A tolerance was not reached within the budget.",
    };
  },
  readings: ({ gaussNewton }) => [
    eigenvalueReading("Largest", String.raw`\lambda_{\max}(G)`, gaussNewton?.top?.[0]),
    estimateReading("Trace", String.raw`\operatorname{tr} G`, gaussNewton?.trace),
  ],
  measures:
    "The Gauss–Newton matrix G = Jᵀ(∂²ℓ/∂z²)J: the Hessian of the loss with the network replaced by its linearisation. For cross-entropy it equals the Fisher information. It has no negative eigenvalues where the loss is convex in the outputs.",
  means: ({ gaussNewton, hessian }) => {
    const g = gaussNewton?.top?.[0];
    const h = hessian?.top?.[0];
    if (!g) return "";
    return `The largest eigenvalue of G is ${formatMeasured(g.value, g.residual)}${h && h.value > h.residual ? `, ${formatShare(g.value / h.value)} of the Hessian's` : ""}. Where the two agree, the sharp directions come from how the outputs respond to the weights, not from the network's own bending.`;
  },
  doesNotMean: "G knows no negative curvature, so agreement at the top says nothing about saddles.",
  tryNext:
    "Second-order optimisers work with G: its largest eigenvalue over your damping is the conditioning that they face.",
  verdicts: () => [],
});

/** tr H − tr G where both are exact, else by probes of the difference. */
async function residualTrace(measurement: Measurement, scale: number): Promise<Estimate> {
  const { residual, random, confidence } = measurement;
  if (await measurement.dense()) {
    const [h, g] = [await measurement.hessianTrace(), await measurement.gaussNewtonTrace()];
    const rounding = (h.rounding ?? 0) + (g.rounding ?? 0);
    return exactEstimate(h.value - g.value, rounding, h.products + g.products, "exact, tr H − tr G", confidence);
  }
  const options = { tolerance: 0.1, absoluteTolerance: 0.02 * scale, confidence, maxProducts: 200 };
  return estimateTrace(residual, options, random.split("residual trace"), measurement.stage("residual part"));
}

export const residualInstrument = defineInstrument({
  name: "residual",
  title: "Residual part H − G",
  parameters,
  notFor: needsOutputs,
  needs: ["extreme eigenpairs", "residual trace"],
  // Each product of H − G is one of H and one of G.
  cost: (problem, { bottom }) => Math.min(4 * problem.space.dimension, 60 + 24 * bottom),
  run: async (measurement, { bottom: wanted, tol }) => {
    const { random, residual } = measurement;
    const context = measurement.stage("residual part");
    const { scale } = await measurement.extremes();
    const { top, bottom, converged } = await extremalEigenpairs(
      residual,
      // H and G round each for itself: their difference knows nothing below that.
      { largest: wanted, smallest: wanted, tolerance: tol, roundingScale: scale },
      random.split("residual"),
      context,
    );
    const trace = await residualTrace(measurement, scale);
    // Where H is zero, nothing has a share of it.
    const share = scale > 0 ? Math.max(Math.abs(top[0].value), Math.abs(bottom[0].value)) / scale : null;
    const plain = (pairs: typeof top) => pairs.map(({ value, residual: error }) => ({ value, residual: error }));
    return {
      parts: { residual: { top: plain(top), bottom: plain(bottom), trace, share } },
      converged: converged && trace.converged,
      reason: converged && trace.converged ? undefined : "A tolerance was not reached within the budget.",
    };
  },
  readings: ({ residual }) => [
    eigenvalueReading("Largest", String.raw`\lambda_{\max}(H-G)`, residual?.top?.[0]),
    eigenvalueReading("Smallest", String.raw`\lambda_{\min}(H-G)`, residual?.bottom?.[0]),
    estimateReading("Trace", String.raw`\operatorname{tr}(H-G)`, residual?.trace),
    {
      label: "Strength",
      value: formatShare(residual?.share),
      note: "its largest eigenvalue in size over that of H, each as exact as its residual",
    },
  ],
  measures:
    "H − G: the second derivatives of the network, weighted by the derivative of the loss in the outputs. It vanishes where every example is fitted exactly, and it is the only source of negative curvature of a convex loss.",
  means: ({ residual }) =>
    residual
      ? residual.share === null
        ? "H is zero, and so are both of its parts."
        : `The strongest curvature in H − G is ${formatShare(residual.share)} of the strongest in H. ${residual.share < 0.1 ? "The Hessian is nearly its Gauss–Newton part." : "The network's own bending matters here."}`
      : "",
  doesNotMean: "A large residual part is normal early in training and is no fault.",
  tryNext: "If it stays large late in training, some examples are not fitted: look at the largest single losses.",
  verdicts: () => [],
});
