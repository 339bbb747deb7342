import { dot } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Tracked } from "./tracked.ts";
import { sampleMean } from "../../linalg/sample-mean.ts";

const PROBES = 4;

export const trace: Tracked = {
  name: "trace",
  title: "Trace",
  summary: "tr H from four random probes zᵀHz, the same at every step",
  source: "Hutchinson 1989",
  axis: "tr H",
  says: "The error is the standard error over the probes, which are the same at each measurement: it tells how far the curve may lie beside the trace, not how much of its shape is chance.",
  isOfExamples: true,
  cost: 2 * PROBES,
  needsFixedLoss: true,
  async measure({ point, random, context }) {
    const probes = Array.from({ length: PROBES }, (_, i) =>
      random.split(`probe ${i}`).rademacherVector(point.dimension),
    );
    const products = await point.product(hessianProduct, probes, context);
    const { value, standardError } = sampleMean(Float64Array.from(probes, (probe, i) => dot(probe, products[i])));
    return [{ series: "trace", value, error: standardError }];
  },
};
