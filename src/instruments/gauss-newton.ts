import { z } from "zod";
import type { Problem } from "../problem/problem.ts";
import { formatMeasured, formatShare } from "../util/format-number.ts";
import { eigenvaluesPart } from "./eigenvalues/eigenvalues-part.ts";
import { gaussNewtonComparison } from "./gauss-newton/gauss-newton-comparison.ts";
import { gaussNewtonPart, residualPart } from "./gauss-newton/gauss-newton-part.ts";
import { defineInstrument } from "./instrument.ts";
import { gaussNewtonExtremes } from "../quantities/gauss-newton-extremes.ts";
import { gaussNewtonOperator } from "../quantities/gauss-newton-operator.ts";
import { gaussNewtonTrace } from "../quantities/gauss-newton-trace.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { residualExtremes } from "../quantities/residual-extremes.ts";
import { residualOperator } from "../quantities/residual-operator.ts";
import { residualTrace } from "../quantities/residual-trace.ts";
import { pairsCheck } from "./pairs-check.ts";
import { eigenvalueReading, estimateReading } from "./reading.ts";

/** G needs the outputs apart from the loss. */
export function needsOutputs(problem: Problem): string | undefined {
  return problem.options.loss.givesLossOnly
    ? "The model gives only its loss, and the Gauss–Newton matrix needs the outputs behind it."
    : undefined;
}

export const gaussNewtonInstrument = defineInstrument({
  name: "gauss-newton",
  title: "Gauss–Newton matrix",
  part: gaussNewtonPart,
  reads: [eigenvaluesPart],
  figures: [gaussNewtonComparison],
  parameters: z.object({}),
  notFor: needsOutputs,
  needs: [gaussNewtonExtremes, gaussNewtonTrace],
  // What proves the eigenvalues.
  cost: () => 1,
  run: async (desk) => {
    const found = await desk.get(gaussNewtonExtremes);
    const { converged } = found;
    const top = found.top.map(({ value, residual }) => ({ value, residual }));
    const matrix = {
      name: "gauss-newton-eigenvalues",
      title: "the Gauss–Newton matrix",
      operator: desk.operator(gaussNewtonOperator),
    };
    desk.checks.push(await pairsCheck(matrix, { top }, found, desk.random.split("proof of gauss-newton")));
    const trace = await desk.get(gaussNewtonTrace);
    const done = converged && trace.converged;
    return {
      parts: { gaussNewton: { top, trace } },
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

export const residualInstrument = defineInstrument({
  name: "residual",
  title: "Residual part H − G",
  part: residualPart,
  parameters: z.object({}),
  notFor: needsOutputs,
  needs: [hessianExtremes, residualExtremes, residualTrace],
  cost: () => 2,
  run: async (desk) => {
    const { scale } = await desk.get(hessianExtremes);
    const found = await desk.get(residualExtremes);
    const { converged } = found;
    const [top, bottom] = [found.top, found.bottom].map((pairs) =>
      pairs.map(({ value, residual }) => ({ value, residual })),
    );
    const matrix = { name: "residual-eigenvalues", title: "H − G", operator: desk.operator(residualOperator) };
    desk.checks.push(await pairsCheck(matrix, { top, bottom }, found, desk.random.split("proof of the residual")));
    const trace = await desk.get(residualTrace);
    // Where H is zero, nothing has a share of it.
    const share = scale > 0 ? Math.max(Math.abs(top[0].value), Math.abs(bottom[0].value)) / scale : null;
    return {
      parts: { residual: { top, bottom, trace, share } },
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
