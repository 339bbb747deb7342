import { norm2 } from "../linalg/vector.ts";
import { gradientDerivative } from "../problem/derivatives/gradient.ts";
import { roundedGradient } from "../problem/derivatives/rounded.ts";
import type { Derivative } from "../problem/derivatives/derivative.ts";
import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import { contributionsOf } from "./contributions.ts";
import type { Desk } from "./desk.ts";
import { aboutSum, summedOverIn } from "./summed-over.ts";

/** Relative to ‖gᵢ‖²; where rounding leaves more, it is that. */
const LIMIT = { float32: 1e-3, float64: 1e-8 } as const;

/** How many times what one move by a grain shows is still rounding. */
const MARGIN = 16;

/** Of so many of the longest: one of them may lie on a kink, where rounding makes it another function alone than among others. */
const TRIED = 3;

/** So many of the others, each as likely as its gradient is long; that of most of them counts, for the same reason. */
const DRAWN = 5;

/** Two squares of one example further apart than this are not the same up to a kink: one unit is a small part of a gradient. */
const GROSS = 1.5;

/** Of the examples that differ grossly among others, so many are looked at, the worst first. */
const WORST = 3;

/** Up to so many examples, or this share of all, may lie on a kink. */
const FEW = 5;
const SHARE = 0.1;

/** How far a square was from that of the example alone, and what rounding allows. */
type Found = Pick<Check, "limit" | "measured">;

/**
 * ‖gᵢ‖² of all examples against gradients of single examples, each that of a loss of this example alone, in float64 where
 * there is it, and in the arithmetic of the problem where that is not near: of the longest ones the best of three counts,
 * and of five that are drawn among the others the median. And all of them once more, in another order and in other batches:
 * an example whose square is another one there is looked at alone where it is far off, and where many are, five of
 * them are asked whether rounding explains it.
 * Undefined where every gradient is zero.
 * Cost: the gradients of all examples once more, and four gradients of one example, rarely 60.
 *
 * @param squares of the examples that have a term in the loss, scaled as their gradients are
 */
export async function exampleNormsCheck(desk: Desk, squares: Float64Array): Promise<Check | undefined> {
  const plain = LIMIT[desk.problem.options.precision];
  const byLength = Int32Array.from(squares, (_, k) => k).sort((a, b) => squares[b] - squares[a]);
  if (squares[byLength[0]] === 0) return undefined;
  const find = (k: number) => compared(desk, squares[k], k, plain);
  const ofLongest = [];
  for (const k of byLength.subarray(0, TRIED)) {
    ofLongest.push(await find(k));
    if (isRight(ofLongest[ofLongest.length - 1])) break;
  }
  const ofOthers = await ofMost(drawn(squares, byLength.subarray(TRIED), desk.random.split("example norms")), find);
  const others = await inOtherCompany(desk, squares, plain);
  const ofGross = [];
  for (const [k, ratio] of [...others].slice(0, WORST)) {
    if (ratio <= GROSS) break;
    const each = await find(k);
    if (each.limit < 1) ofGross.push(each);
  }
  const isExplained = async (k: number): Promise<Found> => ({
    measured: 1 - 1 / (others.get(k) ?? 1),
    limit: (await explainedBy(desk, k, plain)).limit,
  });
  const ofMany =
    others.size > Math.max(FEW, SHARE * squares.length)
      ? await ofMost(drawn(squares, Int32Array.from(others.keys()), desk.random.split("other company")), isExplained)
      : [];
  const worst = [ranked(ofLongest)[0], ...ofOthers, ...ofGross, ...ofMany].reduce((a, b) =>
    share(a) >= share(b) ? a : b,
  );
  return {
    name: "example-norms",
    title: "The examples' gradients against some alone",
    // Nothing is decided where rounding leaves nothing of a gradient.
    passed: worst.limit < 1 ? isRight(worst) : null,
    ...worst,
    detail: `The squared lengths of the longest gradient of an example and of up to ${DRAWN} that were drawn among the others, as they were computed beside all others, against those of the gradients of losses of these examples alone, relative to them; of those drawn, what most of them reach; and all once more in another order and in other batches, where those that come out as others are looked at alone.${aboutSum(summedOverIn(desk))}`,
  };
}

/** Examples whose squares come out as others in another order and in other batches, with the ratio of the two, the worst first. */
async function inOtherCompany(
  { point, problem, context, random }: Desk,
  squares: Float64Array,
  plain: number,
): Promise<ReadonlyMap<number, number>> {
  const { examples, scale } = contributionsOf(point);
  const order = Int32Array.from(random.split("company").permutation(point.examples));
  // In two parts of whole batches where there are several, so that no batch of another size is compiled.
  const whole = Math.floor(order.length / point.batchSize);
  const first = Math.ceil(whole / 2) * point.batchSize;
  const again = new Float64Array(order.length);
  for (const part of [order.subarray(0, first), order.subarray(first)]) {
    if (part.length === 0) continue;
    await using company = problem.onBatch(point.parameters, part);
    const found = await company.exampleGradientSquares(context);
    part.forEach((example, i) => (again[example] = scale ** 2 * found[i]));
  }
  const ratios = Array.from(examples, (example, k): [number, number] => {
    const [less, more] = [squares[k], again[example]].toSorted((a, b) => a - b);
    return [k, more === less ? 1 : more / less];
  });
  return new Map(ratios.filter(([, ratio]) => !(ratio <= 1 + plain)).toSorted(([, a], [, b]) => b - a));
}

/** Some of these examples, spread over the sum of their lengths. */
function drawn(squares: Float64Array, others: Int32Array, random: RandomStream): readonly number[] {
  const ends: number[] = [];
  let total = 0;
  for (const k of others) ends.push((total += Math.sqrt(squares[k])));
  const start = random.uniform();
  const places = Array.from({ length: DRAWN }, (_, i) => ((i + start) / DRAWN) * total);
  const found = new Set(total === 0 ? [] : places.map((place) => others[ends.findIndex((end) => end > place)]));
  return found.size < DRAWN ? [...others.filter((k) => squares[k] > 0).subarray(0, DRAWN)] : [...found];
}

/** The median, without looking at the rest once it is right; none of so few that one on a kink is half of them. */
async function ofMost(examples: readonly number[], find: (k: number) => Promise<Found>): Promise<Found[]> {
  const found: Found[] = [];
  for (const k of examples) {
    const each = await find(k);
    if (each.limit < 1) found.push(each);
    if (found.filter(isRight).length > examples.length / 2) break;
  }
  return found.length < TRIED
    ? []
    : ranked(found)
        .slice(Math.floor((found.length - 1) / 2))
        .slice(0, 1);
}

function isRight({ measured, limit }: Found): boolean {
  return measured <= limit;
}

function share({ measured, limit }: Found): number {
  return measured / limit;
}

function ranked(found: readonly Found[]): Found[] {
  return found.toSorted((a, b) => share(a) - share(b));
}

/** What is derived from the k-th contributing example's own undivided loss, scaled as its gradient is. */
async function alone(
  { point, context }: Desk,
  problem: Problem,
  k: number,
  derivative: Derivative,
): Promise<Float64Array> {
  const { examples, scale } = contributionsOf(point);
  await using one = problem.onBatch(point.parameters, Int32Array.of(examples[k]));
  const factor = scale * one.sample.divisor;
  return (await one.dataDerivative(derivative, context)).map((x) => factor * x);
}

/** One square against that of the example alone, and what rounding allows. */
async function compared(desk: Desk, square: number, k: number, plain: number): Promise<Found> {
  const { problem } = desk;
  const off = (length: number) => Math.abs(length ** 2 - square) / Math.max(length ** 2, square);
  const gradientIn = (arithmetic: Problem) => alone(desk, arithmetic, k, gradientDerivative);
  const measured = off(norm2(await gradientIn(problem.inFloat64 ?? problem)));
  if (measured <= plain) return { measured, limit: plain };
  // Float32 may leave less of a gradient than the limit: what is asked is whether it is the same alone.
  const { length, limit } = await explainedBy(desk, k, plain);
  return { measured: Math.min(measured, off(length)), limit };
}

/** The length of the gradient of the k-th example alone, and what rounding may make of its square, relative to it. */
async function explainedBy(desk: Desk, k: number, plain: number): Promise<{ length: number; limit: number }> {
  const here = await alone(desk, desk.problem, k, gradientDerivative);
  const moved = await alone(desk, desk.problem, k, roundedGradient);
  const length = norm2(here);
  const rounding = MARGIN * norm2(moved.map((x, i) => x - here[i]));
  return { length, limit: rounding === 0 ? plain : Math.max(plain, (2 * rounding) / length) };
}
