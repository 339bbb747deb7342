import { norm2 } from "../../linalg/vector.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { Freedom } from "../../graph/unit-freedom.ts";
import { aligned, balancedPair, matchPair, startingElement, weightEvidence } from "../../symmetry/align.ts";
import { deriveSymmetry, type Network } from "../../symmetry/derive-symmetry.ts";
import { orbitDimension } from "../../symmetry/orbit-dimension.ts";
import type { RunContext } from "../../util/run-context.ts";

/** Two sets of weights no farther apart than this, relative to their size and that of the network's own, are the same point. */
const SAME = 1e-5;
/** Points of a class that others are compared with. */
const MOST = 8;
/** Starts of the matching of units. */
const MATCHINGS = 3;

/** What the loss of a network lets weights be sent through. */
export interface LossSymmetry {
  /** Dimensions of the orbit of θ; what is known besides as `orbitDimension` takes it. */
  orbitAt(theta: Float64Array, known: Parameters<typeof orbitDimension>[2]): number;
  /** Whether maps were found that take one θ into the other, up to rounding. */
  joins(mine: Float64Array, theirs: Float64Array, random: RandomStream, context: RunContext): Promise<boolean>;
}

/** With a penalty λ/2‖θ‖², only maps that keep lengths leave the loss alone. */
export function lossSymmetryOf(problem: Problem): LossSymmetry {
  const { graph, imported } = problem.network;
  const network: Network = {
    outputs: [graph.outputs],
    parameters: imported.parameters,
    tensors: problem.space.tensors,
  };
  const keepsLengths = problem.options.l2 > 0;
  const whole = deriveSymmetry(network, { within: keepsLengths ? "orthogonal" : "general" });
  // Rotations beside gains hang on what the gains are: they are left out where there are any.
  const within: Freedom = whole.gains.classes.length === 0 ? whole.within : keepsLengths ? "permutation" : "monomial";
  const { symmetry } = deriveSymmetry(network, { within });
  return {
    orbitAt: (theta, known) => orbitDimension(symmetry, theta, known),
    async joins(mine, theirs, random, context) {
      const size = Math.max(norm2(mine), norm2(problem.point.parameters));
      const isSame = (other: Float64Array) => norm2(other.map((x, i) => x - mine[i])) <= SAME * size;
      if (isSame(theirs)) return true;
      if (symmetry.classes.length === 0) return false;
      const pair = balancedPair(network, mine, theirs, within);
      const evidence = weightEvidence(pair);
      for (let start = 0; start < MATCHINGS; start++) {
        const begin = startingElement(pair.symmetry.symmetry, start, random);
        const { element } = await matchPair(pair, evidence, begin, random.split(`matching ${start}`), context);
        if (isSame(aligned(pair, element))) return true;
      }
      return false;
    },
  };
}

/** How many of some points are told apart: each is compared with those before it that were, up to a few. */
export async function countDistinct(
  points: readonly Float64Array[],
  symmetry: LossSymmetry,
  random: RandomStream,
  context: RunContext,
): Promise<{ readonly distinct: number; readonly isLeast: boolean }> {
  const apart: Float64Array[] = [];
  for (const [i, point] of points.entries()) {
    let isKnown = false;
    for (const [j, other] of apart.entries()) {
      isKnown = await symmetry.joins(other, point, random.split(`points ${i} ${j}`), context);
      if (isKnown) break;
    }
    if (isKnown) continue;
    if (apart.length === MOST) return { distinct: MOST + 1, isLeast: true };
    apart.push(point);
  }
  return { distinct: apart.length, isLeast: false };
}
