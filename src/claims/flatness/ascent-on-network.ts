import { ascendOn, ball } from "../../instruments/flatness/ascent.ts";
import { dot, norm2 } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Problem } from "../../problem/problem.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { atMost, equals, weigh } from "../claim/evidence.ts";
import { sharpestDirection } from "./sharpest-direction.ts";

/** The rise that is looked for over what the loss is rounded by: small, so that the loss is its parabola. */
const ROUNDINGS = 1e5;
const EPSILON = { float32: 2 ** -24, float64: 2 ** -53 };
const ITERATIONS = 10;
const DIRECTIONS = 8;
const ALLOWED = 0.01;

/**
 * The highest loss of a network in a small ball around its weights, by ascent from the gradient and from both sides of the sharpest
 * direction, beside the parabola for that step, the bound ε‖g‖ + ½ε²λ₁, and what random directions see. In float64 where there is that.
 *
 * @throws input error `curves-down` where no curvature is positive
 */
export async function ascentOnNetwork(given: Problem, { random, context }: ClaimDesk): Promise<Conclusion> {
  const problem = given.inFloat64 ?? given;
  const { point } = problem;
  const home = point.parameters;
  const { loss } = await point.anyValue(context);
  const gradient = await point.gradient(context);
  const riseAt = async (step: Float64Array) => {
    await using there = problem.at(home.map((x, i) => x + step[i]));
    return { rise: (await there.anyValue(context)).loss - loss, slope: await there.gradient(context) };
  };
  const { value: sharpest, vector } = await sharpestDirection(problem, { random, context });
  const least = ROUNDINGS * EPSILON[problem.options.precision];
  const [length, wanted] = [norm2(gradient), least * Math.abs(loss)];
  // Where ε‖g‖ + ½ε²λ₁ is what is wanted, and a step that the weights have room for in their digits.
  const radius = Math.max(
    (2 * wanted) / (length + Math.sqrt(length * length + 2 * sharpest * wanted)),
    least * norm2(home),
  );
  const { rise, step } = await ascendOn(
    { dimension: home.length, outOfTime: false, at: riseAt },
    ball(radius),
    [gradient, vector, vector.map((x) => -x)],
    ITERATIONS,
  );
  const [image] = await point.product(hessianProduct, [step], context);
  const parabola = dot(gradient, step) + dot(step, image) / 2;
  let seen = 0;
  for (let i = 0; i < DIRECTIONS; i++) {
    const { rise: each } = await riseAt(ball(radius).best(random.normalVector(home.length)));
    seen += each / DIRECTIONS;
  }
  return {
    evidence: [
      weigh({
        name: `highest loss found in a ball of radius ${Number(radius.toPrecision(3))}, above that at its centre, over what gradient and curvature say of that step`,
        measured: rise / parabola,
        law: equals(1),
        rival: equals(seen / parabola),
        allowed: ALLOWED,
      }),
      weigh({
        name: "the same over ε‖g‖ + ½ε²λ₁, which no parabola exceeds",
        measured: rise / (radius * length + (radius * radius * sharpest) / 2),
        law: atMost(1),
        rival: atMost(1),
        allowed: ALLOWED,
      }),
    ],
    picture: null,
  };
}
