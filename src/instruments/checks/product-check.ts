import { distance, norm2, plusMultiple } from "../../linalg/vector.ts";
import { heldParameters } from "../../problem/held-parameters.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import type { Product } from "../../problem/derivatives/derivative.ts";
import { PASSES_TO_DRAW, type Work } from "../../problem/work.ts";
import type { RunContext } from "../../util/run-context.ts";
import { FLUSHED, relative, roundoffOf, type CheckBench, type Measurement } from "./check.ts";
import { compareNearby } from "./compare-nearby.ts";
import { sayHeld } from "./generic-direction.ts";
import { lengthsOf } from "./equal-shares.ts";
import { newTrial, note, type Trial } from "./ledger.ts";
import { outputRounding } from "./output-rounding.ts";
import { roundingNoise } from "./rounding-noise.ts";
import { slopesOf } from "./slope.ts";
import { STEPS } from "./steps.ts";
import { withinDomain } from "./within-domain.ts";
import { maxOf } from "../../util/extremes.ts";
import { VECTORS_OF_POINT } from "../../problem/parameter-slots.ts";

/** What differences decide in each arithmetic; float32 alone, on a device that has no other, sees gross errors only. */
export const PRODUCT_LIMIT = { float64: 1e-3, float32: 5e-2 } as const;

/** What is laid to float32 beside float64: a unit whose sign rounding changes is one term of few in a small network. */
const PRECISION_LIMIT = 1e-2;

/** The finest that is asked for: an error is counted beside no less than this part of the whole. */
const FINEST = 1e-3;

/**
 * What changes the loss by less than this, beside the tensor that changes it most, counts as if it did: to first or to
 * second order, every tensor being moved by its own length.
 */
const LEAST = 1e-6;

/** A gradient may jump, so that steps are tried that cross no kink. */
const PRODUCT_STEPS = { float32: STEPS.float32, float64: [...STEPS.float64, 1e-9, 1e-10] } as const;

/** A number moved by a grain once stands for the few roundings that it has met. */
const GRAINS = 4;

/** Roundings of the largest part that are laid to float32 in any other. */
const ROUNDINGS = 32;

/**
 * Vectors of a check of one product: the gradient, the point thrice, the direction, its image and what it is the derivative of;
 * four places of the last beside each other, or six while its slope is looked for; the place of one, and the point there.
 */
export const VECTORS_OF_PRODUCT_CHECK = 1 + 3 + 3 + 6 + 1 + VECTORS_OF_POINT;

/**
 * What such a check does besides, `places` being where the function is: a direction is drawn; rows of five places are compared by
 * their differences, and slopes at neighbouring steps with each other, in closures.
 */
export function workBeside(places: number): Work {
  return { points: 1, widePoints: 1 + places, vectors: PASSES_TO_DRAW + 5 + 4 * places };
}

/** A product, and what it is the derivative of. */
export interface ProductSubject {
  /** What it is called in a sentence. */
  readonly name: string;
  readonly method: string;
  readonly product: Product;
  /** A function of θ whose derivative along v, at `point`, is the product with v. */
  respond(problem: Problem, point: Point, context: RunContext): (theta: Float64Array) => Promise<Float64Array>;
  /** The same at the point itself, with every number on the way moved by a grain. */
  rounded(problem: Problem, point: Point, context: RunContext): Promise<Float64Array>;
  /** A part of the product that does not hide an error in the rest: errors count beside the rest as far as differences tell. */
  apart?(problem: Problem): Product | undefined;
  /** The vectors that are multiplied, at a point. */
  vectors(problem: Problem, point: Float64Array): Float64Array[];
}

/**
 * A product against differences of what it is the derivative of, tensor by tensor in float64, and the product in the
 * arithmetic of the problem against that.
 */
export function checkProduct(bench: CheckBench, subject: ProductSubject): Promise<Measurement> {
  const { problem, oracle, context } = bench;
  const method = `${subject.method}${oracle === problem ? "" : PRECISIONS}${sayHeld(problem)}`;
  // Where nothing may be moved, nothing is compared.
  if (heldParameters(problem.network).size === problem.space.tensors.length)
    return Promise.resolve({ measured: 0, undecided: true, detail: `${method} So nothing was decided.` });
  return compareNearby(bench, {
    method,
    subject: subject.name,
    tryAt: async (theta) => {
      const block = subject.vectors(problem, theta);
      await using there = oracle.at(theta);
      const wide = await there.product(subject.product, block, context);
      const differences = await againstDifferences(bench, subject, there, block, wide);
      if (oracle === problem) return [differences];
      await using here = problem.at(theta);
      const narrow = await here.product(subject.product, block, context);
      return [differences, await againstFloat64(bench, subject.product, there, block, narrow, wide)];
    },
  });
}

const PRECISIONS = " Differences are in float64, against the float64 product, and that against the float32 product.";

/** An error of a tensor's part of a product. */
interface Found {
  /** The tensor's number. */
  readonly t: number;
  readonly v: Float64Array;
  readonly image: Float64Array;
  /** The slope of the tensor's part, and the step at which it was found. */
  readonly value: Float64Array;
  readonly step: number;
  readonly error: number;
}

async function againstDifferences(
  { oracle, context }: CheckBench,
  { product, respond, rounded, apart }: ProductSubject,
  point: Point,
  block: readonly Float64Array[],
  images: readonly Float64Array[],
): Promise<Trial> {
  const { precision } = oracle.options;
  const { tensors } = oracle.space;
  const limit = PRODUCT_LIMIT[precision];
  const steps = PRODUCT_STEPS[precision];
  const home = point.parameters;
  const units = unitsOf(oracle, home);
  const f = respond(oracle, point, context);
  const f0 = await f(home);
  const along = (v: Float64Array) => (h: number) => withinDomain(() => f(plusMultiple(home, h, v)));
  const measured = await roundingNoise(along(block[0]), f0, tensors, partsOf(oracle, images[0]), roundoffOf(precision));
  // Along a line, what is rounded inside of the network may keep to its grain while all behind it changes smoothly.
  const grains = partDistances(oracle, await rounded(oracle, point, context), f0);
  const noise = measured.map((x, t) => Math.max(x, GRAINS * grains[t]));
  // Half a grain of rounding is nearly twice its standard deviation, and a difference has two of them.
  const rounding = noise.map((x) => 4 * x);
  const there = partsOf(oracle, f0);
  const other = apart?.(oracle);
  /**
   * Whether an error is one of the product: kinks make it another product at the ends of the difference, or jumps of f,
   * many of which look like a slope until the step is as short as rounding lets it be.
   */
  const isProven = async (found: Found): Promise<boolean> => {
    const { t, v, image, value, error, step } = found;
    const partOf = (vector: Float64Array) => vector.subarray(tensors[t].offset, tensors[t].offset + tensors[t].size);
    for (const h of [step, -step]) {
      await using there = oracle.at(plusMultiple(home, h, v));
      const beside = await withinDomain(() => there.product(product, [v], context));
      if (!beside || distance(partOf(beside[0]), partOf(image)) > error / 4) return false;
    }
    const shortest = (16 * rounding[t]) / error;
    if (shortest >= step) return true;
    const [ahead, behind] = [await along(v)(shortest), await along(v)(-shortest)];
    if (!ahead || !behind) return false;
    const slope = ahead.map((x, i) => (x - behind[i]) / (2 * shortest));
    return distance(partOf(slope), value) <= error / 2;
  };
  const trial = newTrial(limit, block.length);
  for (const [k, v] of block.entries()) {
    const whole = partsOf(oracle, images[k]);
    const most = maxOf(whole.map((x, t) => Math.max(x, there[t]) / units[t]));
    const least = units.map((x) => LEAST * most * x);
    const coarse = whole.map((x, t) => Math.max(x, least[t]));
    const bent = other
      ? partDistances(oracle, images[k], (await point.product(other, [v], context))[0])
      : tensors.map(() => 0);
    const finest = whole.map((x, t) => Math.max(bent[t], FINEST * x, least[t]));
    const slopes = await slopesOf(along(v), tensors, {
      steps,
      enough: finest.map((x) => (limit / 4) * x),
      rounding,
    });
    let ofProduct: Float64Array | undefined;
    for (const [t, { offset, size }] of tensors.entries()) {
      const { value, uncertainty, step } = slopes[t];
      const image = images[k].subarray(offset, offset + size);
      const error = distance(value, image);
      // The finest part of the whole of which the differences tell the error.
      const beside = Math.min(coarse[t], Math.max(finest[t], (2 * uncertainty) / limit));
      if (!(uncertainty <= (limit / 2) * beside)) {
        trial.open.add(t);
        continue;
      }
      let off = relative(error, beside);
      if (off > limit) {
        ofProduct ??= await outputRounding(oracle, point, v, context, product);
        const allowed = norm2(ofProduct.subarray(offset, offset + size));
        off = relative(Math.max(0, error - allowed), Math.max(beside, (2 * allowed) / limit));
      }
      if (off <= limit) note(trial.right, t, off);
      else if (await isProven({ t, v, image: images[k], value, error, step })) note(trial.proven, t, off);
      else trial.open.add(t);
    }
  }
  for (const number of trial.right.keys()) trial.open.delete(number);
  return trial;
}

/** The product in the arithmetic of the problem against that in float64: errors count beside the whole of a tensor's part. */
async function againstFloat64(
  { problem, oracle, context, roundoff }: CheckBench,
  product: Product,
  point: Point,
  block: readonly Float64Array[],
  narrow: readonly Float64Array[],
  wide: readonly Float64Array[],
): Promise<Trial> {
  const limit = PRECISION_LIMIT;
  const units = unitsOf(oracle, point.parameters);
  const trial = newTrial(limit, 0);
  // What cancels in one product (a key's bias moves no attention) is of the size of the others, and of the gradient.
  const sizes = [await point.gradient(context), ...wide].flatMap((x) =>
    partsOf(oracle, x).map((part, t) => part / units[t]),
  );
  const most = maxOf(sizes);
  for (const [k, v] of block.entries()) {
    const whole = partsOf(oracle, wide[k]);
    const apart = partDistances(oracle, wide[k], narrow[k]);
    let ofProduct: Float64Array | undefined;
    for (const [t, { offset, size }] of problem.space.tensors.entries()) {
      let allowed = ROUNDINGS * roundoff * most * units[t] + FLUSHED;
      if (apart[t] - allowed > limit * whole[t]) {
        ofProduct ??= (await outputRounding(oracle, point, v, context, product)).map(
          (x) => (x * roundoff) / roundoffOf("float64"),
        );
        allowed += norm2(ofProduct.subarray(offset, offset + size));
      }
      if (allowed > (limit / 2) * whole[t]) {
        if (apart[t] > allowed) trial.open.add(t);
        continue;
      }
      const off = relative(Math.max(0, apart[t] - allowed), whole[t]);
      note(off <= limit ? trial.right : trial.wrong, t, off);
    }
  }
  return trial;
}

/** The lengths of the tensors' parts of a vector. */
function partsOf({ space }: Problem, vector: Float64Array): number[] {
  return space.tensors.map(({ offset, size }) => norm2(vector.subarray(offset, offset + size)));
}

/** The lengths of the tensors' parts of the difference of two vectors. */
function partDistances({ space }: Problem, a: Float64Array, b: Float64Array): number[] {
  return space.tensors.map(({ offset, size }) =>
    distance(a.subarray(offset, offset + size), b.subarray(offset, offset + size)),
  );
}

/** For each tensor, the length of a gradient that changes the loss by 1 as the tensor moves by its own length. */
function unitsOf({ space }: Problem, point: Float64Array): number[] {
  return lengthsOf(space.tensors, point).map((length) => 1 / length);
}
