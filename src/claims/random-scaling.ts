import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { deriveSymmetry } from "../symmetry/derive-symmetry.ts";
import { applyElement, exchange, type GroupElement, identityOrder } from "../symmetry/unit-map.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/** Deviation of the logarithm of a random factor. */
const SPREAD = 0.5;

/** Factors for so many units that stand side by side. */
type Factors = (units: number) => Float64Array;

/** Factors e^(s/2), s normal, each unit one of its own. */
export function randomFactors(random: RandomStream): Factors {
  return (units) => random.normalVector(units).map((s) => Math.exp(SPREAD * s));
}

/**
 * Changes of the weights that leave a network as it is: units scaled by factors while the weights behind them take these
 * back, as the graph of the network allows it.
 *
 * @returns what makes such a change of factors, those of a layer after those of the other, and applies it, a diagonal matrix, to a
 *   vector of weights
 * @throws input error `no-scaling` where no unit of the network can be scaled; `l2-bends` where an L2 term is in the loss
 */
export function scalingsOf({ network, space, options }: Problem): (factors: Factors) => Scaling {
  if (options.l2 > 0) throw bent();
  const { symmetry } = deriveSymmetry(
    { outputs: [network.graph.outputs], parameters: network.imported.parameters, tensors: space.tensors },
    { within: "monomial" },
  );
  const isScaled = symmetry.classes.map(({ freedom }) => freedom === "monomial" || freedom === "positive scaling");
  if (!isScaled.includes(true)) throw unscaled();
  return (factors) => {
    const element: GroupElement = symmetry.classes.map(({ extent, places }, units) =>
      Array.from({ length: places === undefined ? 1 : symmetry.classes[places].extent }, () =>
        exchange(identityOrder(extent), isScaled[units] ? factors(extent) : undefined),
      ),
    );
    return (theta) => applyElement(symmetry, element, theta);
  };
}

/** θ ↦ Dθ, D diagonal and positive. */
export type Scaling = (theta: Float64Array) => Float64Array;

function unscaled(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-scaling",
    message: "No unit of this network can be scaled: what follows each of them is no ReLU and not linear.",
    hint: "The claim is about networks with ReLU, leaky ReLU or no activation.",
  });
}

function bent(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "l2-bends",
    message: "The L2 term in the loss sees the size of the weights, so that scales do change it.",
    hint: "Leave --l2 away.",
  });
}
