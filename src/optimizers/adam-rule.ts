import { z } from "zod";
import type { CoordinateRule } from "./optimizer.ts";
import { damping, decayRate, stepSize } from "./parameters.ts";
import { withDecay } from "./sgd-rule.ts";
import { sayDecay, type StabilityLimit } from "./stability-limit.ts";

/** The numbers that Adam and AdamW share. */
export const adamParameters = {
  lr: stepSize(1e-3),
  beta1: decayRate(0.9, "share β₁ of the mean gradient that stays"),
  beta2: decayRate(0.999, "share β₂ of the mean square that stays"),
  eps: damping(1e-8),
  amsgrad: z.boolean().default(false).describe("never let the mean square fall (Reddi, Kale & Kumar 2018)"),
};

interface AdamOptions {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly amsgrad: boolean;
  readonly weightDecay: number;
}

/**
 * m ← m + (1−β₁)(g−m), v ← β₂v + (1−β₂)g², θ ← θ − (η/c₁) m/(√v/√c₂ + ε), c = 1 − βᵗ.
 *
 * @param isDecoupled whether the weights decay by themselves, θ ← (1−ηw)θ before the step, and not by the loss
 */
export function adamRule(
  { lr, beta1, beta2, eps, amsgrad, weightDecay }: AdamOptions,
  isDecoupled: boolean,
): CoordinateRule<"scaled" | "damped" | "kept"> {
  return {
    state: ["exp_avg", "exp_avg_sq", ...(amsgrad ? ["max_exp_avg_sq"] : [])],
    // η m/(c₁(√v/√c₂ + ε)) = (η√c₂/c₁) m/(√v + ε√c₂): a division less of each coordinate.
    numbers: (step, stepSize = lr) => {
      const spread = Math.sqrt(1 - beta2 ** (step + 1));
      return {
        scaled: (stepSize * spread) / (1 - beta1 ** (step + 1)),
        damped: eps * spread,
        kept: 1 - stepSize * weightDecay,
      };
    },
    update(a, { weight, gradient, state: [mean, square, largest], numbers }) {
      const slope = isDecoupled ? gradient : withDecay(a, gradient, weight, weightDecay);
      const from = isDecoupled && weightDecay !== 0 ? a.mul(weight, numbers.kept) : weight;
      const nextMean = a.add(mean, a.mul(a.sub(slope, mean), 1 - beta1));
      const nextSquare = a.add(a.mul(square, beta2), a.mul(a.mul(slope, slope), 1 - beta2));
      const nextLargest = amsgrad ? a.max(largest, nextSquare) : nextSquare;
      const size = a.add(a.sqrt(nextLargest), numbers.damped);
      return {
        weight: a.sub(from, a.div(a.mul(nextMean, numbers.scaled), size)),
        state: amsgrad ? [nextMean, nextSquare, nextLargest] : [nextMean, nextSquare],
      };
    },
    // (1 − β₁ᵗ)(√v/√(1 − β₂ᵗ) + ε): Cohen et al. (2022).
    preconditioner(a, { state: [, square, largest], numbers, stepSize }) {
      const size = a.add(a.sqrt(amsgrad ? largest : square), numbers.damped);
      return a.mul(size, a.div(stepSize, numbers.scaled));
    },
  };
}

/** η(λ + decay) < (2+2β₁)/(1−β₁), that of the averaged gradient, for λ of D⁻¹(H + wI) or, where the decay is decoupled, of D⁻¹H. */
export function adamLimit({ beta1, eps, weightDecay }: AdamOptions, isDecoupled: boolean): StabilityLimit {
  const product = (2 + 2 * beta1) / (1 - beta1);
  const coupledDecay = isDecoupled ? 0 : weightDecay;
  return {
    product,
    decay: isDecoupled ? (product * weightDecay) / 2 : 0,
    formula: "(2+2β₁)/((1−β₁)λ)",
    matrix: "D⁻¹H",
    isPlain: false,
    note: `λ is of the preconditioned Hessian D⁻¹H, D = √v + ε, with v as it stands${sayDecay(coupledDecay)}.`,
    coupledDecay,
    settled: (meanSquare) => Math.sqrt(meanSquare) + eps,
  };
}
