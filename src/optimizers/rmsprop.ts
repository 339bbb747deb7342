import { z } from "zod";
import { defineCoordinateOptimizer } from "./optimizer.ts";
import { coupledDecay, damping, decayRate, stepSize } from "./parameters.ts";
import { withDecay } from "./sgd-rule.ts";
import type { CoordinateRule } from "./optimizer.ts";
import { sayDecay } from "./stability-limit.ts";

const parameters = z.object({
  lr: stepSize(1e-2),
  alpha: decayRate(0.99, "share ρ of the mean square that stays"),
  eps: damping(1e-8),
  weightDecay: coupledDecay,
  momentum: decayRate(0, "momentum β of the steps"),
  centered: z.boolean().default(false).describe("divide by the deviation from the mean gradient instead"),
});

/** `torch.optim.RMSprop`: v ← ρv + (1−ρ)g², θ ← θ − ηg/(√v + ε). */
export const rmsprop = defineCoordinateOptimizer({
  name: "rmsprop",
  title: "RMSProp",
  summary: "the gradient over its own recent size, coordinate by coordinate",
  formula: String.raw`v_{t+1} = \rho v_t + (1-\rho)g_t^2,\quad \theta_{t+1} = \theta_t - \eta\,\frac{g_t}{\sqrt{v_{t+1}} + \varepsilon}`,
  source: "Tieleman & Hinton (2012); centred by Graves (2013)",
  parameters,
  rule({ lr, alpha, eps, weightDecay, momentum, centered }): CoordinateRule<"stepSize"> {
    return {
      state: ["square_avg", ...(centered ? ["grad_avg"] : []), ...(momentum > 0 ? ["momentum_buffer"] : [])],
      numbers: (_step, stepSize = lr) => ({ stepSize }),
      update(a, { weight, gradient, state, numbers }) {
        const slope = withDecay(a, gradient, weight, weightDecay);
        const square = a.add(a.mul(state[0], alpha), a.mul(a.mul(slope, slope), 1 - alpha));
        const mean = centered ? a.add(state[1], a.mul(a.sub(slope, state[1]), 1 - alpha)) : undefined;
        const spread = mean === undefined ? square : a.sub(square, a.mul(mean, mean));
        const size = a.add(a.sqrt(spread), eps);
        const kept = mean === undefined ? [square] : [square, mean];
        if (momentum === 0) return { weight: a.sub(weight, a.div(a.mul(slope, numbers.stepSize), size)), state: kept };
        const velocity = a.add(a.mul(state[kept.length], momentum), a.div(slope, size));
        return { weight: a.sub(weight, a.mul(velocity, numbers.stepSize)), state: [...kept, velocity] };
      },
      preconditioner(a, { state: [square, mean] }) {
        return a.add(a.sqrt(centered ? a.sub(square, a.mul(mean, mean)) : square), eps);
      },
    };
  },
  stabilityLimit: ({ momentum, weightDecay, eps, centered }) => ({
    product: 2 * (1 + momentum),
    decay: 0,
    formula: "2(1+β)/λ",
    matrix: "D⁻¹H",
    isPlain: false,
    note: `λ is of the preconditioned Hessian D⁻¹H, D = ${centered ? "√(v − m²)" : "√v"} + ε, with v as it stands${sayDecay(weightDecay)}.`,
    coupledDecay: weightDecay,
    settled: (meanSquare, mean) => Math.sqrt(centered ? Math.max(0, meanSquare - mean * mean) : meanSquare) + eps,
  }),
});
