import { controlled } from "../../sampling/control-variates.ts";
import { type ChainMean, meanOfChains } from "../../sampling/mean-of-chains.ts";
import { rHat } from "../../sampling/r-hat.ts";
import type { Draws } from "../../sampling/sampler.ts";
import { meanOf, varianceOf } from "../../sampling/split-chains.ts";
import { NOTED } from "./tempered-posterior.ts";

/** Standard errors of the identity by parts that chance explains. */
export const IDENTITY_ERRORS = 4;

/** What the draws at one temperature say. */
export interface DrawsSummary {
  /** λ(t) = t E[ΔL]. */
  readonly coefficient: ChainMean;
  /** Whether it has the controls taken off: where their means are 0 as they must be, and its error is smaller by it. */
  readonly isControlled: boolean;
  /** t² Var ΔL: λ, too, where the temperature has no part in it. */
  readonly variance: number;
  /** dλ/d ln γ: what the localisation makes of it. */
  readonly localizationSlope: number;
  /** γ E‖w − w*‖². */
  readonly localizationEnergy: number;
  /** Of each chain, what the coefficient is the mean of. */
  readonly means: Float64Array;
  /** E[d − (w − w*)·∇U], which is 0. */
  readonly identity: ChainMean;
  /** Of t ΔL, and of the distance. */
  readonly rHat: { readonly energy: number; readonly distance: number };
  /** t ΔL of each chain's mean, and its mean distance. */
  readonly chains: readonly { readonly energy: number; readonly distance: number }[];
  /** The lowest t ΔL that was drawn. */
  readonly lowest: number;
}

/** @param draws two of each chain at least */
export function summarizeDraws({ noted }: Draws, localization: number): DrawsSummary {
  const column = (index: number) => noted.map((chain) => Float64Array.from(chain, (numbers) => numbers[index]));
  const energies = column(NOTED.energy);
  const squares = column(NOTED.squaredDistance);
  const controls = noted.map((chain) =>
    chain.map((numbers) => ({ value: numbers[NOTED.energy], controls: numbers.slice(NOTED.controls) })),
  );
  const identities = controls.map((chain) =>
    Float64Array.from(chain, ({ controls: each }) => each.reduce((sum, c) => sum + c, 0)),
  );
  const identity = meanOfChains(identities);
  // Controls whose mean is not 0 yet would carry that into the estimate.
  const isHeld = Math.abs(identity.mean) <= IDENTITY_ERRORS * identity.standardError;
  const plain = meanOfChains(energies);
  const values = controlled(controls);
  const withControls = meanOfChains(values);
  const isControlled = isHeld && withControls.half < plain.half;
  const all = joined(energies);
  const mean = meanOf(all);
  const allSquares = joined(squares);
  const meanSquare = meanOf(allSquares);
  const covariance = all.reduce((sum, x, i) => sum + (x - mean) * (allSquares[i] - meanSquare), 0) / (all.length - 1);
  return {
    coefficient: isControlled ? withControls : plain,
    isControlled,
    means: Float64Array.from(isControlled ? values : energies, meanOf),
    variance: varianceOf(all, mean),
    localizationSlope: (-localization / 2) * covariance,
    localizationEnergy: localization * meanSquare,
    identity,
    rHat: { energy: rHat(energies), distance: rHat(squares) },
    chains: energies.map((chain, c) => ({
      energy: meanOf(chain),
      distance: meanOf(squares[c].map((x) => Math.sqrt(x))),
    })),
    lowest: all.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY),
  };
}

function joined(chains: readonly Float64Array[]): Float64Array {
  return Float64Array.from(chains.flatMap((chain) => [...chain]));
}
