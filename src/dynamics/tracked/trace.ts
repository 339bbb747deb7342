import { dot } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives.ts";
import type { Tracked } from "./tracked.ts";

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
    const probes = Array.from({ length: PROBES }, (_, i) => {
      const stream = random.split(`probe ${i}`);
      return Float64Array.from({ length: point.dimension }, () => (stream.uniform() < 0.5 ? -1 : 1));
    });
    const products = await point.product(hessianProduct, probes, context);
    const forms = probes.map((probe, i) => dot(probe, products[i]));
    const mean = forms.reduce((sum, x) => sum + x, 0) / PROBES;
    const variance = forms.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (PROBES - 1);
    return [{ series: "trace", value: mean, error: Math.sqrt(variance / PROBES) }];
  },
};
