import { dot, norm2, plusMultiple } from "../linalg/vector.ts";
import { checkedProducts } from "../operators/checked-products.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { formatShare } from "../util/format-number.ts";
import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/** Of the products: what an operator of a program's own may be off by, a difference quotient say; more is another map. */
const OFF = 1e-3;

/**
 * Stops at an operator that is no symmetric linear map, whatever it says of itself: A(u + 2v) = Au + 2Av and ⟨u, Av⟩ = ⟨Au, v⟩ for
 * random unit vectors, the latter relative to ‖Au‖/√n, as large as random numbers make it. What the operator states of its
 * rounding is allowed. Cost: three products, which no budget counts.
 *
 * @throws check error `not-a-symmetric-map`; usage error `dimension-mismatch`; check error `bad-product`; `interrupted`
 */
export async function requireSymmetricMap(operator: LinearOperator, context: RunContext): Promise<void> {
  if (!operator.symmetric) return;
  const { dimension: n, name } = operator;
  const random = createRandom(0).split("symmetric map");
  const [u, v] = ["u", "v"].map((label) => {
    const vector = random.split(label).normalVector(n);
    const length = norm2(vector);
    return vector.map((x) => x / length);
  });
  const multiply = async (vector: Float64Array) => {
    throwIfInterrupted(context);
    return (await checkedProducts(operator, (block) => operator.apply(block), [vector]))[0];
  };
  const [au, av] = [await multiply(u), await multiply(v)];
  const mixed = await multiply(plusMultiple(u, 2, v));
  const size = norm2(au) + 2 * norm2(av);
  const ofSum = norm2(mixed.map((x, i) => x - au[i] - 2 * av[i]));
  const ofSwap = Math.abs(dot(u, av) - dot(au, v));
  // What is no number has an error of its own.
  if (!Number.isFinite(size + ofSum + ofSwap)) return;
  const isOff = (error: number, beside: number, rounding: number) => error > OFF * beside + rounding;
  const beside = size / Math.sqrt(n);
  if (!isOff(ofSum, size, 0) && !isOff(ofSwap, beside, 0)) return;
  const { norm } = (await operator.rounding?.()) ?? { norm: 0 };
  const fault = isOff(ofSum, size, 6 * norm)
    ? `A(u + 2v) and Au + 2Av differ by ${formatShare(size > 0 ? ofSum / size : 1)} of their length`
    : isOff(ofSwap, beside, 2 * norm)
      ? "⟨u, Av⟩ and ⟨Au, v⟩ differ"
      : undefined;
  if (fault === undefined) return;
  throw new ThalwegError({
    kind: "check",
    code: "not-a-symmetric-map",
    message: `The products of ${name} are not those of a symmetric matrix: ${fault}.`,
    hint: "Let apply multiply by the same matrix at every call, without a constant that is added or numbers that are drawn anew, and say symmetric: false of one that is not.",
  });
}
