import { exactEstimate } from "../estimators/estimate.ts";
import { estimateFrobeniusNorm } from "../estimators/frobenius-norm.ts";
import { norm2 } from "../linalg/vector.ts";
import { together } from "../util/together.ts";
import { formatEstimate, formatMeasured, formatNumber } from "../util/format-number.ts";
import { eigenvaluesPart } from "./eigenvalues/eigenvalues-part.ts";
import { defineInstrument } from "./instrument.ts";
import { tracePart } from "./trace/trace-part.ts";
import { denseHessian } from "../quantities/dense-hessian.ts";
import { hessianMatrix, isSmall } from "../quantities/hessian-matrix.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { bytesOfVectors } from "../quantities/memory.ts";
import { hessianOperator } from "../quantities/hessian-operator.ts";
import { hessianTrace } from "../quantities/hessian-trace.ts";
import { traceParameters } from "../quantities/trace-parameters.ts";
import { estimateNumber, estimateReading, spreadOf } from "./reading.ts";
import { sumsCheck } from "./trace/sums-check.ts";

/** Products that probes of the Frobenius norm take, about. */
const FROBENIUS = 60;

export const traceInstrument = defineInstrument({
  name: "trace",
  title: "Trace and Frobenius norm of the Hessian",
  part: tracePart,
  reads: [eigenvaluesPart],
  parameters: traceParameters,
  needs: [hessianMatrix, denseHessian, hessianExtremes, hessianTrace],
  // The Frobenius norm, where the matrix does not give it.
  cost: (setting) => (isSmall(setting) ? 0 : FROBENIUS),
  // Every probe with its product.
  bytes: (setting) => (isSmall(setting) ? 0 : bytesOfVectors(setting.problem.space.dimension, 2 * FROBENIUS)),
  run: async (desk, { traceTolerance: tolerance }) => {
    const { confidence, random } = desk;
    const hessian = desk.operator(hessianOperator);
    const dense = await desk.get(denseHessian);
    const { top, bottom } = await desk.get(hessianExtremes);
    const estimatingTrace = desk.get(hessianTrace);
    // Side by side where the engine takes several products: each has steps in which it asks for none.
    if ((hessian.atOnce ?? 1) === 1) await estimatingTrace;
    const [trace, frobenius] = await together(
      estimatingTrace,
      dense
        ? Promise.resolve(
            exactEstimate(
              norm2(dense.values),
              dense.rounding.frobenius,
              dense.products,
              "exact, from the whole matrix",
              confidence,
            ),
          )
        : estimateFrobeniusNorm(
            hessian,
            { tolerance, confidence },
            random.split("frobenius"),
            desk.stage("Frobenius norm"),
          ),
    );
    const dimension = desk.problem.space.dimension;
    const known = {
      spectrum: dense?.values,
      matrix: (await desk.get(hessianMatrix))?.matrix,
      some: [...top, ...bottom.slice(0, dimension - top.length)],
      dimension,
    };
    desk.checks.push(sumsCheck({ trace, frobenius }, known));
    // The spectral norm: the largest eigenvalue in size, whatever its sign.
    const strongest = Math.abs(top[0].value) >= Math.abs(bottom[0].value) ? top[0] : bottom[0];
    const largest = Math.abs(strongest.value);
    const converged = trace.converged && frobenius.converged;
    return {
      parts: {
        hessian: {
          trace,
          frobenius,
          effectiveRank:
            largest > 0
              ? {
                  frobenius: (frobenius.value / largest) ** 2,
                  trace: trace.value / largest,
                  frobeniusError:
                    2 *
                    (frobenius.value / largest) ** 2 *
                    Math.hypot(spreadOf(frobenius) / frobenius.value, strongest.residual / largest),
                }
              : null,
        },
      },
      converged,
      reason: converged ? undefined : "The interval was still wider than the tolerance when the budget ended.",
    };
  },
  readings: ({ hessian }) => [
    {
      ...estimateReading("Trace", String.raw`\operatorname{tr} H`, hessian.trace),
      key: { label: "Trace", ...estimateNumber(hessian.trace) },
    },
    estimateReading("Frobenius norm", String.raw`\|H\|_F`, hessian.frobenius),
    hessian.effectiveRank === null
      ? undefined
      : {
          label: "Stable rank",
          symbol: String.raw`\|H\|_F^2 / \|H\|_2^2`,
          value:
            hessian.effectiveRank.frobeniusError === null
              ? formatNumber(hessian.effectiveRank.frobenius, 3)
              : formatEstimate(hessian.effectiveRank.frobenius, hessian.effectiveRank.frobeniusError),
          note: "eigenvalues as large as the largest in size that would give this norm; ± one standard error",
        },
  ],
  measures:
    "tr H, the sum of all eigenvalues, and ‖H‖F, the root of the sum of their squares. Exact for small networks; else by random probes, after the outliers were taken out, until the confidence interval is narrow enough.",
  means: ({ hessian }) => {
    const { trace, frobenius, effectiveRank, top } = hessian;
    if (!trace || !frobenius) return "";
    return `tr H = ${formatMeasured(trace.value, spreadOf(trace))}, ‖H‖F = ${formatMeasured(frobenius.value, spreadOf(frobenius))}. ½σ² tr H is what Gaussian weight noise of variance σ² costs on average. ${
      effectiveRank && top
        ? `The curvature is as concentrated as if ${formatMeasured(effectiveRank.frobenius, effectiveRank.frobeniusError ?? 0.1)} directions were curved as strongly as the strongest and the rest flat.`
        : ""
    }`;
  },
  doesNotMean:
    "Positive and negative eigenvalues cancel in the trace: a small trace may hide large curvature of both signs. The Frobenius norm shows it.",
  tryNext: "The density below shows how the eigenvalues share the trace.",
  verdicts: () => [],
});
