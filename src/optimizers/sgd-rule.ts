import type { Arithmetic } from "./arithmetic.ts";
import type { CoordinateRule } from "./optimizer.ts";
import type { StabilityLimit } from "./stability-limit.ts";

/** The numbers of PyTorch's SGD. */
export interface SgdOptions {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

/** Gradient of the loss with L2: g + wθ. */
export function withDecay<T>(a: Arithmetic<T>, gradient: T, weight: T, weightDecay: number): T {
  return weightDecay === 0 ? gradient : a.add(gradient, a.mul(weight, weightDecay));
}

/**
 * The update of `torch.optim.SGD`, which all momentum methods are cases of:
 * g ← g + wθ, v ← βv + (1−d)g (the first v is g), then θ ← θ − ηv, or θ ← θ − η(g + βv) with Nesterov.
 */
export function sgdRule({
  lr,
  momentum,
  dampening,
  nesterov,
  weightDecay,
}: SgdOptions): CoordinateRule<"stepSize" | "share"> {
  return {
    state: momentum === 0 ? [] : ["momentum_buffer"],
    numbers: (step, stepSize = lr) => ({ stepSize, share: step === 0 ? 1 : 1 - dampening }),
    update(a, { weight, gradient, state, numbers }) {
      const slope = withDecay(a, gradient, weight, weightDecay);
      if (momentum === 0) return { weight: a.sub(weight, a.mul(slope, numbers.stepSize)), state };
      const velocity = a.add(a.mul(state[0], momentum), dampening === 0 ? slope : a.mul(slope, numbers.share));
      const move = nesterov ? a.add(slope, a.mul(velocity, momentum)) : velocity;
      return { weight: a.sub(weight, a.mul(move, numbers.stepSize)), state: [velocity] };
    },
  };
}

/** η(λ+w) < 2(1+β)/((1−d)(1+2β·nesterov)). */
export function sgdLimit(
  { momentum, dampening, nesterov, weightDecay }: SgdOptions,
  { formula, note }: Pick<StabilityLimit, "formula" | "note">,
): StabilityLimit {
  const product = nesterov
    ? (2 + 2 * momentum) / (1 + 2 * momentum)
    : momentum === 0
      ? 2
      : (2 + 2 * momentum) / (1 - dampening);
  return { product, decay: weightDecay, formula, matrix: "H", isPlain: momentum === 0, note };
}
