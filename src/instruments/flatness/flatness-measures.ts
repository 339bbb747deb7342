import type { z } from "zod";
import { estimateTrace } from "../../estimators/trace.ts";
import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import { dot } from "../../linalg/vector.ts";
import type { Point } from "../../problem/point.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { flatnessParameters } from "./flatness-parameters.ts";
import type { FlatnessPart } from "./flatness-part.ts";
import { lossGradient } from "../../quantities/loss-gradient.ts";
import { lossRounding } from "../../quantities/loss-rounding.ts";
import { lossValue } from "../../quantities/loss-value.ts";
import { hessianExtremes } from "../../quantities/hessian-extremes.ts";
import { hessianOperator } from "../../quantities/hessian-operator.ts";
import { hessianTrace } from "../../quantities/hessian-trace.ts";
import type { Desk } from "../../quantities/desk.ts";
import { ascend, ball, box, ellipsoid, quadraticRise, type Ascent, type Region } from "./ascent.ts";
import { meanRise } from "./mean-rise.ts";

export type MeasuredFlatness = FlatnessPart["measures"][number];

export type FlatnessParameters = Omit<z.output<typeof flatnessParameters>, "rescale">;

/** Gradient and curvature at a point. */
export interface Curvature {
  readonly gradient: Float64Array;
  readonly sharpest: {
    readonly value: number;
    readonly residual: number;
    readonly vector: Float64Array;
    readonly converged: boolean;
  };
  readonly trace: {
    readonly value: number;
    readonly standardError: number;
    readonly rounding?: number;
    readonly converged: boolean;
  };
}

/** What a measure works with. */
interface Local extends Curvature {
  readonly desk: Desk;
  readonly parameters: FlatnessParameters;
  readonly random: RandomStream;
  readonly beforehand: Beforehand;
}

interface FlatnessMeasure {
  readonly name: string;
  readonly title: string;
  definition(parameters: FlatnessParameters): string;
  measure(
    local: Local,
  ): Promise<Pick<MeasuredFlatness, "value" | "standardError" | "error" | "bound" | "predicted" | "converged">>;
}

type RegionName = "box" | "ball" | "ellipsoid";

const REGIONS: Readonly<Record<RegionName, (desk: Desk, parameters: FlatnessParameters) => Region>> = {
  box: ({ point }, { boxEpsilon }) => box(point.parameters.map((x) => boxEpsilon * (Math.abs(x) + 1))),
  ball: (_desk, { rho }) => ball(rho),
  ellipsoid: ({ point }, { adaptiveRho }) => ellipsoid(point.parameters.map(Math.abs), adaptiveRho),
};

/** What the measures need no curvature for. */
export interface Beforehand {
  /** From the gradient. */
  readonly ascents: Readonly<Record<RegionName, Ascent>>;
  /** ½ L(θ+σξ) + ½ L(θ−σξ) − L of each ξ: both signs, so that what is odd in the step cancels exactly. */
  readonly rises: readonly number[];
  /** What rounding of the losses leaves of the mean of these. */
  readonly rounding: number;
}

/** Ascents from the gradient, and losses under weight noise. */
export async function measureBeforehand(
  desk: Desk,
  parameters: FlatnessParameters,
  random: RandomStream,
): Promise<Beforehand> {
  const gradient = await desk.get(lossGradient);
  const from = (name: RegionName) => ascend(desk, REGIONS[name](desk, parameters), [gradient], parameters.ascentSteps);
  const ascents = { box: await from("box"), ball: await from("ball"), ellipsoid: await from("ellipsoid") };
  const home = desk.point.parameters;
  const { loss: base } = await desk.get(lossValue);
  const rises: number[] = [];
  let off = 0;
  for (let i = 0; i < parameters.sigmaSamples && !(i >= 2 && desk.outOfTime); i++) {
    const noise = noiseOf(random, i, home.length);
    let sum = 0;
    let exactly = 0;
    for (const sign of [1, -1]) {
      await using there = desk.problem.at(home.map((x, j) => x + sign * parameters.sigma * noise[j]));
      const rise = (await there.value(desk.context)).loss - base;
      sum += rise;
      if (i < COMPARED) exactly += (await riseInFloat64(desk, there)) ?? rise;
    }
    rises.push(sum / 2);
    if (i < COMPARED) off = Math.max(off, Math.abs(sum - exactly) / 2);
  }
  const rounding = desk.point.hasFloat64 ? SAFETY * off : 2 * (await desk.get(lossRounding));
  return { ascents, rises, rounding };
}

/** Pairs of steps whose rises are compared with those in float64: most of what rounds is the loss at home, which all share. */
const COMPARED = 2;

/** What so few show of a mean may be a third of it. */
const SAFETY = 3;

/** L(there) − L(home) in float64; undefined where there is none. */
async function riseInFloat64({ point, context }: Desk, there: Point): Promise<number | undefined> {
  const [from, to] = [point.inFloat64(), there.inFloat64()];
  return from && to && (await to.value(context)).loss - (await from.value(context)).loss;
}

/** A rise that the loss makes at least along a step: in float64 where there is it, else less what rounding leaves of both losses. */
async function leastRise(desk: Desk, { rise, step }: Ascent): Promise<number> {
  if (rise <= 0) return rise;
  const home = desk.point.parameters;
  await using there = desk.problem.at(home.map((x, j) => x + step[j]));
  const exactly = await riseInFloat64(desk, there);
  if (exactly !== undefined) return Math.max(0, exactly);
  const rounding = (await desk.get(lossRounding)) + (await desk.at(there).get(lossRounding));
  return Math.max(0, rise - rounding);
}

function noiseOf(random: RandomStream, i: number, dimension: number): Float64Array {
  return random.split(`noise ${i}`).normalVector(dimension);
}

/** Ascent from the gradient and from both sides of the sharpest direction. */
async function worstCase({ desk, parameters, sharpest, beforehand }: Local, name: RegionName) {
  const ascent = await ascend(
    desk,
    REGIONS[name](desk, parameters),
    [sharpest.vector, sharpest.vector.map((x) => -x)],
    parameters.ascentSteps,
    beforehand.ascents[name],
  );
  const { converged, step } = ascent;
  return { rise: await leastRise(desk, ascent), converged, predicted: await quadraticRise(desk, step) };
}

const FLATNESS_MEASURES: readonly FlatnessMeasure[] = [
  {
    name: "lambda-max",
    title: "largest eigenvalue of the Hessian",
    definition: () => "λmax(H)",
    measure: async ({ sharpest }) => ({
      value: sharpest.value,
      standardError: null,
      error: sharpest.residual,
      bound: "value",
      predicted: null,
      converged: sharpest.converged,
    }),
  },
  {
    name: "trace",
    title: "trace of the Hessian",
    definition: () => "tr H",
    measure: async ({ trace }) => ({
      value: trace.value,
      standardError: trace.standardError,
      error: Math.max(trace.standardError, trace.rounding ?? 0),
      bound: "value",
      predicted: null,
      converged: trace.converged,
    }),
  },
  {
    name: "box-sharpness",
    title: "Keskar's sharpness",
    definition: ({ boxEpsilon }) =>
      `100 · (max L(θ+z) − L) / (1 + L) over |zᵢ| ≤ ${boxEpsilon} (|θᵢ| + 1) (Keskar et al. 2017, A = I)`,
    measure: async (local) => {
      const { loss } = await local.desk.get(lossValue);
      const { rise, predicted, converged } = await worstCase(local, "box");
      const scale = 100 / (1 + loss);
      return {
        value: scale * rise,
        standardError: null,
        error: null,
        bound: "lower bound",
        predicted: scale * predicted,
        converged,
      };
    },
  },
  {
    name: "ball-sharpness",
    title: "worst case in a ball (SAM)",
    definition: ({ rho }) => `max L(θ+z) − L over ‖z‖ ≤ ${rho} (Foret et al. 2021)`,
    measure: async (local) => {
      const { rise, predicted, converged } = await worstCase(local, "ball");
      return { value: rise, standardError: null, error: null, bound: "lower bound", predicted, converged };
    },
  },
  {
    name: "adaptive-sharpness",
    title: "worst case relative to the weights (ASAM)",
    definition: ({ adaptiveRho }) =>
      `max L(θ+z) − L over ‖z/|θ|‖ ≤ ${adaptiveRho}, element by element (Kwon et al. 2021)`,
    measure: async (local) => {
      // With every weight 0 the region is a point.
      if (local.desk.point.parameters.every((x) => x === 0))
        return { value: 0, standardError: null, error: 0, bound: "value", predicted: 0, converged: true };
      const { rise, predicted, converged } = await worstCase(local, "ellipsoid");
      return { value: rise, standardError: null, error: null, bound: "lower bound", predicted, converged };
    },
  },
  {
    name: "expected-sharpness",
    title: "mean rise under Gaussian weight noise",
    definition: ({ sigma }) => `E L(θ+σξ) − L, ξ standard normal, σ = ${sigma}; ½σ² tr H to second order`,
    measure: async ({ desk, parameters, random, sharpest, trace, beforehand }) => {
      const n = desk.point.parameters.length;
      const control = beforehand.rises.map(
        (_, i) => (parameters.sigma ** 2 / 2) * sharpest.value * (dot(sharpest.vector, noiseOf(random, i, n)) ** 2 - 1),
      );
      const { value, standardError } = meanRise(beforehand.rises, control);
      return {
        value,
        standardError: standardError + beforehand.rounding,
        error: standardError + beforehand.rounding,
        bound: "value",
        predicted: (parameters.sigma ** 2 / 2) * trace.value,
        converged: beforehand.rises.length === parameters.sigmaSamples,
      };
    },
  },
];

/** What the measures start from at the given weights: already measured by other instruments. */
export async function localAtHome(desk: Desk): Promise<Curvature> {
  const { top, converged } = await desk.get(hessianExtremes);
  const [{ value, residual, vector = await desk.get(lossGradient) }] = top;
  return {
    gradient: await desk.get(lossGradient),
    sharpest: { value, residual, vector, converged },
    trace: await desk.get(hessianTrace),
  };
}

/** The same at a point of which nothing is known. */
export async function localHere(desk: Desk, random: RandomStream): Promise<Curvature> {
  const hessian = desk.operator(hessianOperator);
  const gradient = await desk.get(lossGradient);
  const options = { largest: 1, vectors: true, tolerance: 1e-3 };
  const { top, converged } = await extremalEigenpairs(
    hessian,
    options,
    random.split("sharpest"),
    desk.stage("flatness"),
  );
  const [{ value, residual, vector = gradient }] = top;
  const trace = await estimateTrace(
    hessian,
    { tolerance: 0.05, maxProducts: 300 },
    random.split("trace"),
    desk.stage("flatness"),
  );
  return { gradient, sharpest: { value, residual, vector, converged }, trace };
}

/**
 * Every measure of flatness at the point of the desk.
 *
 * @param known what was measured there without the curvature, from the same random numbers
 */
export async function measureFlatness(
  desk: Desk,
  parameters: FlatnessParameters,
  curvature: Curvature,
  random: RandomStream,
  known?: Beforehand,
): Promise<MeasuredFlatness[]> {
  const beforehand = known ?? (await measureBeforehand(desk, parameters, random));
  const local: Local = { ...curvature, desk, parameters, random, beforehand };
  const measured: MeasuredFlatness[] = [];
  for (const { name, title, definition, measure } of FLATNESS_MEASURES) {
    measured.push({ name, title, definition: definition(parameters), ...(await measure(local)) });
  }
  return measured;
}
