import { dot, plusMultiple } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Problem } from "../../problem/problem.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { maxOf } from "../../util/extremes.ts";

/** ½σ²|tr H| over what the loss is rounded by: as small as that can be, so that few units with ReLU switch, whose kinks are no part of a Hessian. */
const ROUNDINGS = 2000;
const EPSILON = { float32: 2 ** -24, float64: 2 ** -53 };
const DRAWS = 16;
/** Units of the tensor that is written anew, of which there are twice as many. */
const UNITS = 2;
const ALLOWED = 0.02;

/**
 * The mean rise of the loss of a network under noise ε ~ N(0, σ²I) in its weights over that of its parabola for the same draws, both
 * signs of each, and what it becomes where the tensor with the largest share of tr H, either sign, is written in units half as large: W = u/2, so
 * that the noise in it is half as large in W. In float64 where there is that.
 *
 * Cost: two products and four losses for each of 16 draws.
 *
 * @throws input error `no-curvature` where the mean curvature or the loss is 0
 */
export async function noiseOnWeights(given: Problem, { random, context }: ClaimDesk): Promise<Conclusion> {
  const problem = given.inFloat64 ?? given;
  const { point, space } = problem;
  const home = point.parameters;
  const noise = Array.from({ length: DRAWS }, () => random.normalVector(home.length));
  const { loss } = await point.anyValue(context);
  const images = await point.product(hessianProduct, noise, context);
  const curvature = noise.reduce((sum, z, i) => sum + dot(z, images[i]), 0) / DRAWS;
  if (curvature === 0 || loss === 0) throw without();
  const sigma = Math.sqrt(2 * ROUNDINGS * EPSILON[problem.options.precision] * Math.abs(loss / curvature));
  /** Mean over both signs of σ times vectors. */
  const riseOf = async (vectors: readonly Float64Array[]) => {
    let sum = 0;
    for (const vector of vectors)
      for (const sign of [sigma, -sigma]) {
        await using there = problem.at(plusMultiple(home, sign, vector));
        sum += (await there.anyValue(context)).loss - loss;
      }
    return sum / (2 * vectors.length);
  };
  /** Mean of ½σ²zᵀHz. */
  const parabolaOf = (vectors: readonly Float64Array[], of: readonly Float64Array[]) =>
    ((sigma * sigma) / 2) * (vectors.reduce((sum, v, i) => sum + dot(v, of[i]), 0) / vectors.length);
  const shares = space.tensors.map(({ offset, size }) =>
    parabolaOf(
      noise.map((z) => z.subarray(offset, offset + size)),
      images.map((image) => image.subarray(offset, offset + size)),
    ),
  );
  const sizes = shares.map(Math.abs);
  const { name, offset, size } = space.tensors[sizes.indexOf(maxOf(sizes))];
  const written = noise.map((z) => z.map((each, i) => (i >= offset && i < offset + size ? each / UNITS : each)));
  const [before, after] = [await riseOf(noise), await riseOf(written)];
  const [law, lawAfter] = [
    parabolaOf(noise, images),
    parabolaOf(written, await point.product(hessianProduct, written, context)),
  ];
  return {
    evidence: [
      weigh({
        name: `rise under noise where "${name}" is written in units half as large, which the function does not notice, over the rise before`,
        measured: after / before,
        law: equals(lawAfter / law),
        rival: equals(1),
        allowed: ALLOWED,
      }),
      weigh({
        name: `rise under noise of σ = ${Number(sigma.toPrecision(3))} in the weights over ½σ²zᵀHz of the same ${DRAWS} draws`,
        measured: before / law,
        law: equals(1),
        rival: equals(1),
        allowed: ALLOWED,
      }),
    ],
    picture: null,
  };
}

function without(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-curvature",
    message:
      "The loss of this network, or its mean curvature, is not positive: it is not near a minimum of a loss above 0.",
    hint: "Give a network that was trained for some steps, with a loss that it has not brought to 0.",
  });
}
