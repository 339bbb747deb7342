import { prefersMatrix } from "../estimators/dense-extremes.ts";
import type { SharedSettings } from "./measurement.ts";

/**
 * What several instruments need and a run computes once ({@link Measurement}), as plans count it: for the
 * first instrument that needs it. `needs` is what it is made of in turn.
 */
interface SharedCost {
  needs?(dimension: number, settings: SharedSettings): readonly Shared[];
  /** Products of its own. */
  products(dimension: number, settings: SharedSettings): number;
}

export type Shared =
  | "Hessian matrix"
  | "extreme eigenpairs"
  | "matrix or eigenpairs"
  | "Hessian trace"
  | "Gauss–Newton trace"
  | "residual trace"
  | "gradient noise";

const isSmall = (dimension: number, { exactLimit }: SharedSettings) => dimension <= exactLimit;

const SHARED: Readonly<Record<Shared, SharedCost>> = {
  "Hessian matrix": { products: (n, settings) => (isSmall(n, settings) ? n : 0) },
  "extreme eigenpairs": {
    needs: (n, settings) => (fromMatrix(n, settings) ? ["Hessian matrix"] : []),
    products: (n, settings) =>
      fromMatrix(n, settings) ? 0 : Math.min(2 * n, 60 + 12 * (settings.top + settings.bottom)),
  },
  "matrix or eigenpairs": {
    needs: (n, settings) => [isSmall(n, settings) ? "Hessian matrix" : "extreme eigenpairs"],
    products: () => 0,
  },
  "Hessian trace": {
    needs: () => ["Hessian matrix"],
    products: (n, settings) => (isSmall(n, settings) ? 0 : 60),
  },
  "Gauss–Newton trace": {
    products: (n, settings) => (settings.hasFewOutputs === true ? 0 : isSmall(n, settings) ? n : 100),
  },
  // Its eigenpairs, and the probes of its size with their products of H.
  "gradient noise": {
    products: (n, { noiseTop, noiseProbes, top }) =>
      Math.min(n, 12 * noiseTop) + 2 * (noiseProbes + Math.min(n, noiseTop) + Math.min(n, top)),
  },
  "residual trace": {
    needs: (n, settings) => (isSmall(n, settings) ? ["Hessian trace", "Gauss–Newton trace"] : []),
    products: (n, settings) => (isSmall(n, settings) ? 0 : 100),
  },
};

function fromMatrix(dimension: number, settings: SharedSettings): boolean {
  return (
    isSmall(dimension, settings) &&
    (settings.wantsMatrix === true || prefersMatrix(dimension, settings.top + settings.bottom))
  );
}

/** Whether something is needed that takes the whole matrix where it is small: the eigenpairs then come from it too. */
export function needsMatrix(needed: ReadonlySet<Shared>): boolean {
  const takers: readonly Shared[] = ["Hessian matrix", "Hessian trace", "matrix or eigenpairs", "residual trace"];
  return takers.some((name) => needed.has(name));
}

/** Products of what is shared and not yet in `done`, which it is added to. */
export function sharedProducts(
  needs: readonly Shared[],
  dimension: number,
  settings: SharedSettings,
  done: Set<Shared>,
): number {
  let sum = 0;
  for (const name of needs) {
    if (done.has(name)) continue;
    done.add(name);
    const { needs: parts, products } = SHARED[name];
    sum += sharedProducts(parts?.(dimension, settings) ?? [], dimension, settings, done);
    sum += products(dimension, settings);
  }
  return sum;
}
