import { ProblemObjective } from "../../dynamics/race/problem-objective.ts";
import { dot, norm2 } from "../../linalg/vector.ts";
import { walkOf } from "../../optimizers/coordinate-walk.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { followOn } from "../../optimizers/walk.ts";
import type { Problem } from "../../problem/problem.ts";
import { throwIfInterrupted } from "../../util/run-context.ts";
import { formatNumber } from "../../util/format-number.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { type NetworkSaddle, saddleOfNetwork } from "./saddle-of-network.ts";

/** Distances from the saddle relative to the size of the given weights: where a walk begins, ten times closer, and where it is away. */
const [START, CLOSER, AWAY] = [1e-5, 1e-6, 1e-4];
/** η|λ| of the steepest way down, less where a curvature across it would not be stable then. */
const SHARE = 0.1;
/** Steps that nobody waits longer for. */
const MOST = 20_000;
/** Steps along the largest curvature, and ηλ there. */
const [INWARD, STEEP] = [3, 0.3];

/**
 * By what a step of gradient descent multiplies the distance from a saddle of a network along its lowest and its highest curvature.
 *
 * @throws errors of {@link saddleOfNetwork}
 */
export function growthAtNetwork(given: Problem, desk: ClaimDesk): Promise<Conclusion> {
  return onSaddle(given, desk, async ({ values, vectors }, walk) => {
    const last = values.length - 1;
    const lr = stepSize(values);
    const way = await walk({ along: vectors[0], from: START, to: AWAY, lr });
    const inward = STEEP / values[last];
    const back = await walk({
      along: vectors[last],
      from: START,
      to: Number.POSITIVE_INFINITY,
      lr: inward,
      most: INWARD,
    });
    const rate = (distances: readonly number[]) => (distances[distances.length - 1] / START) ** (1 / distances.length);
    return [
      { name: "lowest", curvature: values[0], by: lr, measured: rate(way) },
      { name: "highest", curvature: values[last], by: inward, measured: rate(back) },
    ].map(({ name, curvature, by, measured }) => {
      const law = 1 - by * curvature;
      const flow = Math.exp(-by * curvature);
      return weigh({
        name: `growth a step along the ${name} curvature of a saddle, λ = ${formatNumber(curvature, 3)}, η = ${formatNumber(by, 3)}`,
        measured,
        law: equals(law),
        rival: equals(flow),
        allowed: Math.abs(flow - law) / 10,
      });
    });
  });
}

/**
 * Steps that gradient descent takes to leave a saddle of a network, and how many more from ten times closer.
 *
 * @throws errors of {@link saddleOfNetwork}
 */
export function timeAtNetwork(given: Problem, desk: ClaimDesk): Promise<Conclusion> {
  return onSaddle(given, desk, async ({ values, vectors }, walk) => {
    const lr = stepSize(values);
    const [far, near] = [
      await walk({ along: vectors[0], from: START, to: AWAY, lr }),
      await walk({ along: vectors[0], from: CLOSER, to: AWAY, lr }),
    ];
    const setting = `λ = ${formatNumber(values[0], 3)}, η = ${formatNumber(lr, 3)}`;
    const growth = Math.log(1 - lr * values[0]);
    return [
      weigh({
        name: `steps more from ten times closer to a saddle, ${setting}`,
        measured: near.length - far.length,
        law: equals(Math.log(START / CLOSER) / growth),
        rival: equals((START / CLOSER - 1) * far.length),
        allowed: 1,
      }),
      weigh({
        name: `steps from ${START} of the weights' size to ${AWAY}, ${setting}`,
        measured: far.length,
        law: equals(Math.log(AWAY / START) / growth),
        rival: equals(Math.log(AWAY / START) / growth),
        allowed: 1,
      }),
    ];
  });
}

/** Along a direction from a distance until another, both relative to the size of the weights. */
interface Outing {
  readonly along: Float64Array;
  readonly from: number;
  readonly to: number;
  readonly lr: number;
  readonly most?: number;
}

/** Distances along the direction after each step, relative to the size of the weights. */
type Going = (outing: Outing) => Promise<number[]>;

async function onSaddle(
  given: Problem,
  desk: ClaimDesk,
  look: (saddle: NetworkSaddle, walk: Going) => Promise<Conclusion["evidence"]>,
): Promise<Conclusion> {
  const saddle = await saddleOfNetwork(given, desk);
  const { problem, theta } = saddle;
  // Not of the saddle itself, which may be the origin.
  const size = norm2(problem.point.parameters) || 1;
  const loss = new ProblemObjective(problem, desk.context);
  const walk: Going = async ({ along, from, to, lr, most = MOST }) => {
    const distances: number[] = [];
    const start = theta.map((x, i) => x + from * size * along[i]);
    const by = gradientDescent.with({ lr });
    await followOn(loss, walkOf(by, { start, random: desk.random }), async (weights) => {
      throwIfInterrupted(desk.context);
      const away = weights.map((x, i) => x - theta[i]);
      distances.push(Math.abs(dot(along, away)) / size);
      return distances[distances.length - 1] >= to || distances.length >= most;
    });
    return distances;
  };
  try {
    return { evidence: await look(saddle, walk), picture: null };
  } finally {
    await loss.close();
  }
}

function stepSize(values: Float64Array): number {
  return Math.min(SHARE / -values[0], 1 / values[values.length - 1]);
}
