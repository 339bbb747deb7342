import { z } from "zod";
import { alignmentOf, type Alignment } from "./alignment.ts";
import { hessianExtremes } from "./hessian-extremes.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { bytesOfVectors } from "./memory.ts";
import { noiseCovarianceOperator } from "./noise-covariance-operator.ts";
import { noiseExtremes } from "./noise-extremes.ts";
import { noiseTrace } from "./noise-trace.ts";
import { defineQuantity } from "./quantity.ts";
import type { Setting } from "./setting.ts";

/** The probes of its size, and the leading directions. */
function directionsOf(setting: Setting, noiseProbes: number): number {
  const n = setting.problem.space.dimension;
  const { noiseTop } = setting.parametersOf(noiseExtremes);
  const { top } = setting.parametersOf(hessianExtremes);
  return noiseProbes + Math.min(n, noiseTop) + Math.min(n, top);
}

/** How Σ lies to H: tr(ΣH)/(‖Σ‖F ‖H‖F), tr(ΣH) and ‖Σ‖²F (`alignmentOf`); undefined where there is no noise. */
export const noiseAlignment = defineQuantity({
  name: "alignment of noise and curvature",
  parameters: z.object({
    noiseProbes: z.number().int().min(2).default(24).describe("random probes for the alignment of noise and curvature"),
  }),
  needs: [noiseTrace, noiseExtremes, hessianExtremes],
  // A product of Σ and one of H each.
  cost: (setting, { noiseProbes }) => (setting.problem.examples === 1 ? 0 : 2 * directionsOf(setting, noiseProbes)),
  bytes: (setting, { noiseProbes }) => ({
    working:
      setting.problem.examples === 1
        ? 0
        : bytesOfVectors(setting.problem.space.dimension, 3 * directionsOf(setting, noiseProbes)),
  }),
  compute: async (desk, { noiseProbes }): Promise<(Alignment & { readonly products: number }) | undefined> => {
    if ((await desk.get(noiseTrace)).value === 0) return undefined;
    const leading = [...(await desk.get(noiseExtremes)).top, ...(await desk.get(hessianExtremes)).top];
    // Its own, whoever took those of the eigenpairs.
    const before = desk.products;
    const found = await alignmentOf(
      desk.operator(noiseCovarianceOperator),
      desk.operator(hessianOperator),
      leading.flatMap(({ vector }) => vector ?? []),
      noiseProbes,
      desk.random.split("alignment"),
      desk.confidence,
    );
    return { ...found, products: desk.products - before };
  },
});
