import { stabilityLimits } from "../../instruments/stability.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";

/** The curvature above which an optimiser is unstable on a quadratic, at its step size. */
export interface StabilityLine {
  /** null where it cannot be known from weights alone. */
  readonly curvature: number | null;
  readonly formula: string | null;
  /** What it is a limit of, in a sentence. */
  readonly says: string;
}

/**
 * The stability line of an optimiser (Cohen et al. 2021, 2022). The limits of step size and curvature are the same formulas:
 * η < c/λ is λ < c/η. It is that of a fixed step on the full batch; with mini-batches λmax stays below it.
 */
export function stabilityLine({ lr, optimizer, momentum }: Pick<TrajectoryOptions, "lr" | "optimizer" | "momentum">) {
  if (lr === undefined) return null;
  const [plain, heavyBall, nesterov] = stabilityLimits(lr, momentum);
  const of = ({ stepSize, formula }: typeof plain, name: string): StabilityLine => ({
    curvature: stepSize,
    formula: formula.replaceAll("λ", "η"),
    says: `The largest curvature at which full-batch ${name} is stable on a quadratic; with mini-batches instability sets in below it, as each batch has a curvature of its own.`,
  });
  switch (optimizer) {
    case "sgd":
      return momentum === 0
        ? of(plain, "gradient descent with this fixed step")
        : of(heavyBall, `gradient descent with heavy-ball momentum ${momentum}`);
    case "nesterov":
      return of(nesterov, `gradient descent with Nesterov momentum ${momentum}`);
    case "adam":
      return {
        curvature: null,
        formula: null,
        says: "Adam's limit, (2+2β)/((1−β)η) on the full batch, is one of the preconditioned Hessian D⁻¹H, D = √v + ε, not of H: it needs the second moments v, which files of weights do not hold.",
      };
  }
}
