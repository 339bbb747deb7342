import { norm2, plusMultiple } from "../../linalg/vector.ts";
import type { Problem } from "../../problem/problem.ts";
import { deriveSymmetry } from "../../symmetry/derive-symmetry.ts";
import { applyElement, exchange, identityElement, identityOrder, type UnitMap } from "../../symmetry/unit-map.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";

/** Steps of gradient descent, and their size relative to ‖θ‖/‖∇L‖. */
const [STEPS, SHARE] = [20, 0.01];
/** Difference of the twins after those steps, relative to that of two units as they are, which is rounding. */
const ROUNDING = { float32: 1e-3, float64: 1e-9 };

/**
 * Two units of a network made alike, in all that leads to them and from them, and trained for some steps: θ less θ with the two
 * exchanged, beside the same of the network as it is.
 *
 * @throws input error `no-units` where no two units of the network can be exchanged
 */
export async function twinUnits(problem: Problem, { context }: ClaimDesk): Promise<Conclusion> {
  const { network, space, options } = problem;
  const { symmetry } = deriveSymmetry(
    { outputs: [network.graph.outputs], parameters: network.imported.parameters, tensors: space.tensors },
    { within: "permutation" },
  );
  const units = symmetry.classes.findIndex(
    ({ freedom, extent, places }) => freedom === "permutation" && extent > 1 && places === undefined,
  );
  if (units < 0) throw withoutUnits();
  const order = identityOrder(symmetry.classes[units].extent);
  [order[0], order[1]] = [1, 0];
  const swap = identityElement(symmetry).map((maps, i): UnitMap[] => (i === units ? [exchange(order)] : maps));
  const exchanged = (theta: Float64Array) => applyElement(symmetry, swap, theta);
  const difference = (theta: Float64Array) => {
    const other = exchanged(theta);
    return norm2(theta.map((x, i) => x - other[i]));
  };
  const home = problem.point.parameters;
  const mirrored = exchanged(home);
  // The mean of both is its own mirror image.
  const alike = home.map((x, i) => (x + mirrored[i]) / 2);
  const trained = async (from: Float64Array) => {
    let theta = from;
    let rate: number | undefined;
    for (let step = 0; step < STEPS; step++) {
      await using there = problem.at(theta);
      const slope = await there.gradient(context);
      const length = norm2(slope);
      if (length === 0) break;
      rate ??= (SHARE * norm2(theta)) / length;
      const by = rate;
      theta = plusMultiple(theta, -by, slope);
    }
    return theta;
  };
  const [twins, asTheyAre] = [difference(await trained(alike)), difference(await trained(home))];
  return {
    evidence: [
      weigh({
        name: `difference of two units that begin alike after ${STEPS} steps, over that of the same units as they are`,
        measured: twins / asTheyAre,
        law: equals(0),
        rival: equals(1),
        allowed: ROUNDING[options.precision],
      }),
    ],
    picture: null,
  };
}

function withoutUnits(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-units",
    message: "No two units of this network were found that can be exchanged.",
    hint: "The claim is about networks with hidden units.",
  });
}
