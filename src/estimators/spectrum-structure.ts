import type { Eigenvalue, EstimatorDescription } from "./estimate.ts";
import { shareBelow } from "./spectral-measure.ts";
import type { SpectralMeasure } from "./spectral-measure.ts";

export interface SpectrumStructure {
  /** The interval that holds the bulk: all but the outliers. */
  readonly bulk: { readonly lower: number; readonly upper: number };
  /** Eigenvalues that stand apart from the bulk, from the most positive down, and from the most negative up. */
  readonly outliers: { readonly top: Eigenvalue[]; readonly bottom: Eigenvalue[] };
  /** The widest empty stretch between the bulk and the outliers or among them, if any. */
  readonly largestGap: Gap | null;
}

export interface Gap {
  readonly lower: number;
  readonly upper: number;
  /** Width after the residuals at both ends are taken off: empty for certain, as far as no eigenvalue was missed. */
  readonly proved: number;
  /** Eigenvalues above the gap. */
  readonly above: number;
}

export const spectrumStructureEstimator: EstimatorDescription = {
  name: "spectrum-structure",
  summary: "Edges of the bulk, the outliers beyond them, and the largest gap with its evidence.",
  formula: String.raw`g_k = (\lambda_k - r_k) - (\lambda_{k+1} + r_{k+1})`,
  source: "Outliers and bulk: Sagun, Bottou & LeCun 2016; Papyan 2018; gaps proved by residuals: Parlett 1980",
  cost: "none beyond extremal eigenvalues and density",
  needs: "a spectral measure and extremal eigenvalues with residuals",
};

/** An outlier is set off by a gap at least this many times the mean spacing that follows it. */
const SPACINGS = 4;

/**
 * Splits a spectrum into bulk and outliers. Going inwards from an end, the eigenvalues found are
 * compared with the spacing that a bulk of the same extent would have near its edge: the last gap that is
 * wider than four mean spacings of the eigenvalues inside it, and is still open after the residuals are
 * taken off, ends the outliers.
 *
 * Only eigenvalues that were computed can be called outliers: ask for more of them than you expect.
 *
 * @param top descending, @param bottom ascending, as `extremalEigenpairs` returns them
 *
 * @example
 * const { bulk, outliers, largestGap } = spectrumStructure(density.measure, top, bottom);
 */
export function spectrumStructure(
  measure: SpectralMeasure,
  top: readonly Eigenvalue[],
  bottom: readonly Eigenvalue[],
): SpectrumStructure {
  const topCount = setApart(top, 1);
  const bottomCount = Math.min(setApart(bottom, -1), Math.max(0, measure.dimension - topCount));
  const innermostTop = top[Math.min(topCount, top.length - 1)];
  const innermostBottom = bottom[Math.min(bottomCount, bottom.length - 1)];
  // Without eigenvalues at an end, the quadrature tells where the last thousandth begins.
  const upper = innermostTop?.value ?? edge(measure, 0.999);
  const lower = innermostBottom?.value ?? edge(measure, 0.001);
  return {
    bulk: { lower, upper },
    outliers: { top: top.slice(0, topCount), bottom: bottom.slice(0, bottomCount) },
    largestGap: widestGap(top, bottom, measure.dimension),
  };
}

/** How many of the eigenvalues, outermost first, stand apart. */
function setApart(ends: readonly Eigenvalue[], sign: number): number {
  let count = 0;
  for (let k = 0; k + 2 < ends.length; k++) {
    const gap = sign * (ends[k].value - ends[k + 1].value) - ends[k].residual - ends[k + 1].residual;
    const inner = ends.slice(k + 1);
    const spacing = Math.abs(inner[0].value - inner[inner.length - 1].value) / (inner.length - 1);
    if (gap > SPACINGS * spacing && gap > 0) count = k + 1;
  }
  return count;
}

function widestGap(top: readonly Eigenvalue[], bottom: readonly Eigenvalue[], dimension: number): Gap | null {
  const candidates = (ends: readonly Eigenvalue[], above: (k: number) => number): Gap[] =>
    ends.slice(1).map((inner, i) => {
      const outer = ends[i];
      const [low, high] = inner.value < outer.value ? [inner, outer] : [outer, inner];
      return {
        lower: low.value,
        upper: high.value,
        proved: high.value - low.value - high.residual - low.residual,
        above: above(i + 1),
      };
    });
  const gaps = [...candidates(top, (k) => k), ...candidates(bottom, (k) => dimension - k)].filter(
    (gap) => gap.proved > 0,
  );
  return gaps.toSorted((a, b) => b.proved - a.proved)[0] ?? null;
}

/** The value below which the given share lies, by bisection on the measured share. */
function edge(measure: SpectralMeasure, share: number): number {
  const bound = Math.max(
    1e-300,
    ...measure.exact.map(Math.abs),
    ...measure.quadratures.flatMap(({ diagonal, offDiagonal }) => [
      Math.max(...diagonal.map(Math.abs)) + 2 * Math.max(0, ...offDiagonal),
    ]),
  );
  let [low, high] = [-bound, bound];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (shareBelow(measure, middle, 0.95).value < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
