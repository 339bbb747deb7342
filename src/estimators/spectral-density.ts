import { z } from "zod";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { VectorBasis } from "../linalg/vector-basis.ts";
import { inOrder } from "../util/in-order.ts";
import type { EstimatorDescription } from "./estimate.ts";
import { denseMatrix } from "./exact-spectrum.ts";
import { KrylovSpace } from "./krylov-space.ts";
import { sphereProbe } from "./probe.ts";
import { countProducts, requireSymmetric, roundoff } from "./products.ts";
import { densityOnGrid, shareBelow } from "./spectral-measure.ts";
import type { DensityCurve, Quadrature, Share, SpectralMeasure } from "./spectral-measure.ts";
import { confidence, countFrom, type OptionsOf, vector } from "../util/options.ts";

export const spectralDensityOptions = z.object({
  /** Independent starts; default 10. */
  probes: countFrom(1).optional(),
  /** Lanczos steps of each; default 80. */
  steps: countFrom(1).optional(),
  /** Default 0.95. */
  confidence: confidence.optional(),
  /** Points of the grid; default 400. */
  points: z.int().min(2).optional(),
  /** Standard deviation of the Gaussian kernel; default 2 (half the spread)/steps, the finest that the quadrature resolves. */
  width: z.number().positive().optional(),
  maxProducts: countFrom(0).optional(),
  /** Different eigenpairs already known, with unit vectors: they are taken out of the sampling and added exactly. */
  known: z.array(z.object({ value: z.number(), vector: vector() })).optional(),
});

export type SpectralDensityOptions = OptionsOf<typeof spectralDensityOptions>;

export interface SpectralDensity extends DensityCurve {
  /** Everything measured: gives shares, traces of functions and other curves at no further product. */
  readonly measure: SpectralMeasure;
  /** Share of eigenvalues below −(rounding of the products). */
  readonly negativeShare: Share;
  readonly products: number;
  readonly method: string;
  /** Whether all probes and steps asked for fitted into the budget. */
  readonly converged: boolean;
}

export const spectralDensityEstimator: EstimatorDescription = {
  name: "spectral-density",
  summary: "The density of eigenvalues and the share below any threshold, each with a confidence band.",
  formula: String.raw`\frac1n \operatorname{tr} f(A) = \mathbb E\, \tfrac1n z^\top f(A) z \approx \frac1K\sum_{k=1}^{K}\sum_{j=1}^{m} \tau_{kj}^2\, f(\theta_{kj})`,
  source: "Stochastic Lanczos quadrature: Golub & Meurant 1994; Bai, Fahey & Golub 1996; Ubaru, Chen & Saad 2017",
  cost: "probes × steps products; n where that is fewer (then exact)",
  needs: "a symmetric operator; memory for one vector a step and parallel probe",
};

/**
 * Spectral density by stochastic Lanczos quadrature with full reorthogonalisation.
 *
 * Each probe gives a Gauss quadrature of its own spectral measure; weights are the squared first
 * components of the eigenvectors of its Jacobi matrix. The curve is the measure smoothed by a Gaussian
 * of the reported width, and its integral is 1. Where the products would reach the dimension anyway, the
 * operator is taken as a matrix and the result is exact.
 *
 * What the bands cover, with the stated probability at each point: for the curve, the *smoothed* density
 * (not the bare spectrum); for shares, the true share, including the error of the quadrature, which is
 * enclosed rigorously (see `shareBelow`).
 *
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * const density = await spectralDensity(hessian, { probes: 10, steps: 60 }, random, {});
 * density.negativeShare; // { value: 0.31, interval: { lower: 0.29, upper: 0.33, confidence: 0.95 } }
 */
export async function spectralDensity(
  operator: LinearOperator,
  options: SpectralDensityOptions,
  random: RandomStream,
  context: RunContext,
): Promise<SpectralDensity> {
  requireSymmetric(operator, "The spectral density");
  const { dimension } = operator;
  const known = options.known ?? [];
  const confidence = options.confidence ?? 0.95;
  const products = countProducts(operator, context, options.maxProducts);
  const free = dimension - known.length;
  const probes = Math.max(1, options.probes ?? 10);
  const steps = Math.max(1, Math.min(options.steps ?? 80, free));

  let measure: SpectralMeasure;
  let converged = true;
  if (free === 0) {
    measure = { dimension, exact: known.map((pair) => pair.value), quadratures: [] };
  } else if (probes * steps >= dimension && products.affords(dimension)) {
    const { matrix } = await denseMatrix(products, "spectral density");
    const { values } = symmetricEigen(matrix, dimension, false);
    measure = { dimension, exact: Array.from(values), quadratures: [] };
  } else {
    const locked = new VectorBasis(dimension, operator.precision);
    for (const { vector } of known) locked.push(vector);
    const quadratures: Quadrature[] = [];
    const parallel = Math.max(1, operator.preferredBlock);
    const starts = Array.from({ length: Math.ceil(probes / parallel) }, (_, i) => i * parallel);
    await inOrder(starts, operator.atOnce ?? 1, async (start) => {
      const spaces = Array.from({ length: Math.min(parallel, probes - start) }, (_, i) => {
        const z = sphereProbe(random.split(`probe ${start + i}`), dimension, locked);
        const unit = z.map((x) => x / Math.sqrt(free));
        return new KrylovSpace({ operator, start: [unit], locked });
      });
      for (let step = 0; step < steps; step++) {
        const alive = spaces.filter((space) => space.pending().length > 0);
        if (alive.length === 0) break;
        if (!products.affords(alive.length)) {
          converged = false;
          break;
        }
        const images = await products.apply(alive.flatMap((space) => [...space.pending()]));
        alive.forEach((space, i) => space.absorb([images[i]]));
        products.report("spectral density", probes * steps);
      }
      // A probe cut short is still a quadrature, of fewer nodes.
      return () => {
        for (const space of spaces) if (space.length > 0) quadratures.push(space.jacobi());
      };
    });
    measure = { dimension, exact: known.map((pair) => pair.value), quadratures };
  }

  const curve = densityOnGrid(measure, { confidence, points: options.points ?? 400, width: options.width });
  const size = Math.max(Math.abs(curve.range.lower), Math.abs(curve.range.upper));
  const threshold = -Math.max(16 * roundoff(operator) * size, products.rounding("norm", size));
  const exactly = measure.quadratures.length === 0;
  return {
    ...curve,
    measure,
    negativeShare: shareBelow(measure, threshold, confidence),
    products: products.count(),
    method: exactly
      ? "exact spectrum"
      : `stochastic Lanczos quadrature (${measure.quadratures.length} probes, ${steps} steps)`,
    converged: converged && measure.quadratures.length + measure.exact.length > 0,
  };
}
