import { norm2, plusMultiple } from "../../linalg/vector.ts";
import type { Problem } from "../../problem/problem.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { randomFactors, scalingsOf } from "../random-scaling.ts";
import { minOf } from "../../util/extremes.ts";

/** Change of the loss, relative to what a random change of the weights makes of it, that is rounding. */
const ROUNDING = { float32: 1e-3, float64: 1e-8 };
const TRIES = 3;

/**
 * The loss of a network whose units are scaled by random factors while the weights behind them take these back, as its graph allows
 * it, beside a random change of the weights of the same length.
 *
 * @throws input error `no-scaling` where no unit of the network can be scaled; `l2-bends` where an L2 term is in the loss
 */
export async function scaledUnits(problem: Problem, { random, context }: ClaimDesk): Promise<Conclusion> {
  const { options } = problem;
  const scaling = scalingsOf(problem);
  const home = problem.point.parameters;
  const lossAt = async (theta: Float64Array) => {
    await using there = problem.at(theta);
    return (await there.anyValue(context)).loss;
  };
  const loss = await lossAt(home);
  const tries = [];
  for (let i = 0; i < TRIES; i++) {
    const moved = scaling(randomFactors(random))(home);
    const length = norm2(moved.map((x, k) => x - home[k]));
    const direction = random.normalVector(home.length);
    const share = length / norm2(direction);
    const scaled = Math.abs((await lossAt(moved)) - loss);
    const other = Math.abs((await lossAt(plusMultiple(home, share, direction))) - loss);
    tries.push({ ratio: scaled / other, moved: length / norm2(home) });
  }
  return {
    evidence: [
      ...tries.map(({ ratio }, i) =>
        weigh({
          name: `change of the loss when units are scaled, over that by a random change as long, ${i + 1}`,
          measured: ratio,
          law: equals(0),
          rival: equals(1),
          allowed: ROUNDING[options.precision],
        }),
      ),
      weigh({
        name: "how far the weights moved, relative to their length, at least: 1 over it",
        measured: 1 / minOf(tries.map(({ moved }) => moved)),
        law: atMost(1e4),
      }),
    ],
    picture: null,
  };
}
