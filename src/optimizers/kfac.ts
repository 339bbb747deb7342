import { z } from "zod";
import { axpy, dot } from "../linalg/vector.ts";
import { blendedLayer, factored, type FactoredLayer, kroneckerStep } from "./kronecker-step.ts";
import { defineOptimizer } from "./optimizer.ts";
import { decayRate } from "./parameters.ts";
import { gaussNewtonAt, gradientAt, layersAt, type Query, valueAt } from "./walk.ts";

/** Damping beyond which no step is to be seen, and what it rises from where there was none. */
const MOST_DAMPING = 1e30;
const LEAST_DAMPING = 1e-12;

/**
 * The block of the Gauss–Newton matrix of each layer is taken for a Kronecker product G ⊗ A: of what its units pass back, and of
 * what they are given. Parameters that are in no such layer take the gradient over its own curvature. How far the step goes is
 * the minimum along it of the parabola with the whole Gauss–Newton matrix; it is taken where the value falls, and the damping
 * follows the share of the promised decrease that came, as in Levenberg–Marquardt (Nielsen 1999).
 *
 * Cost: two products for a step; every few steps as many again as the network has outputs, and the eigenvectors of all factors.
 */
export const kfac = defineOptimizer({
  name: "kfac",
  title: "K-FAC",
  summary: "the natural gradient with a Kronecker product for each layer",
  formula: String.raw`\Theta_{t+1} = \Theta_t - \alpha_t\,(G_t + \tfrac{\sqrt{\mu_t}}{\pi})^{-1}\,\nabla_\Theta L\,(A_t + \pi\sqrt{\mu_t})^{-1}`,
  source: "Martens & Grosse (2015); convolutions: Grosse & Martens (2016)",
  parameters: z.object({
    damping: z.number().min(0).default(1e-3).describe("first damping μ"),
    factorDecay: decayRate(0.5, "share of the factors that stays where they are taken anew"),
    frequency: z.int().min(1).default(5).describe("steps between two takings of the factors"),
  }),
  asks: "layers",
  *walk({ damping, factorDecay, frequency }, { start }) {
    const weights = start.slice();
    let layers: readonly FactoredLayer[] = [];
    let growth = 2;
    let mu = damping;
    for (let step = 0; mu < MOST_DAMPING; step++) {
      if (step % frequency === 0) {
        const found = yield* layersAt(weights);
        const before = new Map(layers.map((layer) => [layer.places[0], layer]));
        layers = found.map((layer) => {
          // On other examples a matrix may be in no layer.
          const known = before.get(layer.places[0]);
          return factored(known === undefined ? layer : blendedLayer(known, layer, factorDecay));
        });
      }
      const slope = yield* gradientAt(weights);
      const direction = yield* directionAt(weights, { slope, layers, mu });
      const image = yield* gaussNewtonAt(weights, direction);
      const curvature = dot(direction, image) + mu * dot(direction, direction);
      const fall = -dot(slope, direction);
      if (!(fall > 0) || !(curvature > 0)) return;
      const share = fall / curvature;
      const promised = (share * fall) / 2;
      const value = yield* valueAt(weights);
      const ahead = weights.slice();
      axpy(share, direction, ahead);
      const next = yield* valueAt(ahead);
      const ratio = promised <= 16 * Number.EPSILON * Math.abs(value) ? 1 : (value - next) / promised;
      if (ratio > 0) {
        weights.set(ahead);
        mu *= Math.max(1 / 3, 1 - (2 * ratio - 1) ** 3);
        growth = 2;
      } else {
        mu = Math.max(LEAST_DAMPING, mu * growth);
        growth *= 2;
      }
      yield { kind: "step", weights };
    }
  },
});

/** Downhill in every layer by its factors, and with the rest by its own curvature. */
function* directionAt(
  at: Float64Array,
  {
    slope,
    layers,
    mu,
  }: { readonly slope: Float64Array; readonly layers: readonly FactoredLayer[]; readonly mu: number },
): Generator<Query, Float64Array> {
  const direction = new Float64Array(slope.length);
  const rest = slope.map((x) => -x);
  for (const layer of layers) {
    kroneckerStep(layer, slope, mu, direction);
    for (const place of layer.places) rest[place] = 0;
  }
  const length = dot(rest, rest);
  if (length === 0) return direction;
  const curvature = dot(rest, yield* gaussNewtonAt(at, rest)) / length + mu;
  axpy(curvature > 0 ? 1 / curvature : 1, rest, direction);
  return direction;
}
