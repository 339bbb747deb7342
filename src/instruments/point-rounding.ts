import { productRounding } from "../estimators/products.ts";
import { roundedExampleLosses, roundedGradient } from "../problem/derivatives.ts";
import { dot, norm2 } from "../linalg/vector.ts";
import { lazily } from "../util/lazily.ts";
import type { Point } from "../problem/point.ts";
import type { ExampleNorms } from "./measurement.ts";
import type { Place } from "./wider-matrices.ts";

/** What rounding leaves of gradients: below it, a gradient is rounding. */
export interface GradientRounding {
  /** Of one example's gradient, root mean square. */
  readonly example: number;
  /** Of ∇L. */
  readonly gradient: number;
}

/** Gradients in float64. */
interface WideGradients {
  readonly gradient: Float64Array;
  /** Without the L2 term. */
  readonly mean: Float64Array;
  /** ‖gᵢ‖² and gᵢᵀg; empty where no example has a gradient of its own. */
  readonly squares: Float64Array;
  readonly along: Float64Array;
}

/** What rounding does to the loss and its gradients at one point. */
export interface PointRounding {
  loss(): Promise<number>;
  gradient(): Promise<GradientRounding>;
  /** Of tr Σ = (1/n) Σ ‖gᵢ‖² − ‖g‖², the first being `meanSquare`. */
  noiseTrace(meanSquare: number, trace: number): Promise<number>;
  /** Of (1/n) Σ gᵢᵀg − ‖g‖², which is zero where examples do not depend on each other; g without the L2 term. */
  mean(): Promise<number>;
  /** The gradients of the problem in float64; undefined where there is none. */
  wide(): Promise<WideGradients | undefined>;
}

/** What is measured at the point, in the arithmetic of the problem. */
interface Measured {
  readonly loss: () => Promise<number>;
  readonly gradient: () => Promise<Float64Array>;
  readonly exampleNorms: () => Promise<ExampleNorms>;
  /** Values of those examples that have a term in the loss, scaled as `power` factors gᵢ are in `exampleNorms`. */
  readonly scaled: (values: Float64Array, power: 1 | 2) => Float64Array;
  readonly withoutL2: (gradient: Float64Array) => Float64Array;
}

/** A difference from float64 is the error itself; the little more is for what float64 rounds. */
const MEASURED = 1.01;

/** A weight rounded once stands for the few roundings that each number behind it has met. */
const ROUNDINGS = 4;

/**
 * The larger of two: the distance from the problem in float64, where there is one, which is the error itself (cost: a loss and
 * three gradients of it); and what one rounding of every weight moves, four times, for no number says more than its
 * weights do. Where there is no float64 to compare with, what one rounding of every number behind the weights moves, four
 * times, stands for it: the weights alone do not show the quantum of 1 − p, p near 1.
 */
export function pointRounding(place: Place, measured: Measured): PointRounding {
  const { problem, point, random, context } = place;
  const { divisor } = point.sample;
  const isCoupled = problem.coupled !== undefined;
  const roundoff = problem.options.precision === "float32" ? 2 ** -24 : 2 ** -53;
  const wide = lazily(async () => {
    const exact = problem.pointInFloat64(point);
    if (!exact) return undefined;
    const gradient = await exact.gradient(context);
    const ofData = measured.withoutL2(gradient);
    const none = new Float64Array(0);
    const squares = isCoupled ? none : measured.scaled(await exact.exampleGradientSquares(context), 2);
    const along = isCoupled ? none : measured.scaled(await exact.exampleDerivatives(ofData, context), 1);
    return { gradient, mean: ofData, squares, along };
  });
  const roundedPoint = () => {
    const signs = random.split("rounding").rademacherVector(problem.space.dimension);
    return point.parameters.map((x, i) => x * (1 + 2 * roundoff * signs[i]));
  };
  const loss = lazily(async () => {
    const losses = async (at: Point) =>
      isCoupled ? Float64Array.of((await at.value(context)).loss * divisor) : at.exampleLosses(context);
    await using rounded = problem.at(roundedPoint());
    const [here, there] = [await losses(point), await losses(rounded)];
    const moved = (ROUNDINGS * here.reduce((sum, x, i) => sum + Math.abs(there[i] - x), 0)) / divisor;
    const exact = problem.pointInFloat64(point);
    if (!exact) {
      const behind = isCoupled ? here : await point.derivative(roundedExampleLosses, undefined, context);
      return moved + (ROUNDINGS * here.reduce((sum, x, i) => sum + Math.abs(behind[i] - x), 0)) / divisor;
    }
    return Math.max(moved, MEASURED * Math.abs((await measured.loss()) - (await exact.value(context)).loss));
  });
  const gradient = lazily(async () => {
    const squares = isCoupled ? new Float64Array(0) : (await measured.exampleNorms()).squares;
    const here = await measured.gradient();
    await using rounded = problem.at(roundedPoint());
    const there = {
      squares: isCoupled ? squares : measured.scaled(await rounded.exampleGradientSquares(context), 2),
      gradient: await rounded.gradient(context),
    };
    const moved = distanceOf(ROUNDINGS, squares, here, there);
    const exact = await wide();
    if (!exact) {
      const behind = distanceOf(ROUNDINGS, squares, here, {
        squares: isCoupled ? squares : measured.scaled(await point.roundedExampleGradientSquares(context), 2),
        gradient: await point.derivative(roundedGradient, undefined, context),
      });
      return { example: moved.example + behind.example, gradient: moved.gradient + behind.gradient };
    }
    const off = distanceOf(MEASURED, squares, here, exact);
    return { example: Math.max(moved.example, off.example), gradient: Math.max(moved.gradient, off.gradient) };
  });
  return {
    loss,
    gradient,
    wide,
    mean: async () => {
      const { alongMean } = await measured.exampleNorms();
      const ofData = measured.withoutL2(await measured.gradient());
      const square = dot(ofData, ofData);
      const each = await gradient();
      const exact = await wide();
      const off = exact
        ? Math.abs(mean(alongMean) - mean(exact.along)) + Math.abs(square - dot(exact.mean, exact.mean))
        : 0;
      return Math.max((each.example + each.gradient) * Math.sqrt(square), MEASURED * off);
    },
    noiseTrace: async (meanSquare, trace) => {
      const { dimension } = problem.space;
      const { example } = await gradient();
      const { length } = (await measured.exampleNorms()).squares;
      // The examples' rounding errors are independent; their squares add up whatever their signs.
      const ofExamples = example ** 2 + (2 * example * Math.sqrt(meanSquare)) / Math.sqrt(length);
      const moved = productRounding({ dimension, precision: problem.options.precision }, meanSquare) + ofExamples;
      const exact = await wide();
      if (!exact) return moved;
      return Math.max(moved, MEASURED * Math.abs(trace - (mean(exact.squares) - dot(exact.mean, exact.mean))));
    },
  };
}

/** The distances of gradients, and of the lengths of the examples' gradients, times a factor. */
function distanceOf(
  factor: number,
  squares: Float64Array,
  gradient: Float64Array,
  there: Pick<WideGradients, "gradient" | "squares">,
): GradientRounding {
  const change = squares.map((square, k) => (Math.sqrt(there.squares[k]) - Math.sqrt(square)) ** 2);
  return {
    example: squares.length > 0 ? factor * Math.sqrt(mean(change)) : 0,
    gradient: factor * norm2(gradient.map((x, i) => there.gradient[i] - x)),
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
