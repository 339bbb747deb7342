import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import { criticalBatchSize } from "../../instruments/noise/critical-batch-size.ts";
import { batchSharpness } from "../../landscape/trajectory/batch-sharpness.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { CoordinateOptimizer } from "../../optimizers/optimizer.ts";
import { largestStepSize, type StabilityLimit, sayUnlimited } from "../../optimizers/stability-limit.ts";
import { Desk } from "../../quantities/desk.ts";
import { gradientRounding } from "../../quantities/gradient-rounding.ts";
import { gradientSample } from "../../quantities/gradient-sample.ts";
import { hessianOperator } from "../../quantities/hessian-operator.ts";
import { lossGradient } from "../../quantities/loss-gradient.ts";
import { lossValue } from "../../quantities/loss-value.ts";
import { settingOf } from "../../quantities/needed-quantities.ts";
import { needsOf } from "../../quantities/quantity.ts";
import { needsSingleExamples } from "../../quantities/single-examples.ts";
import type { Problem } from "../../problem/problem.ts";
import type { TaskDesk } from "../../runs/task.ts";
import type { ChosenCoordinateOptimizer } from "../train/train-options.ts";
import { exampleCurvature } from "./example-curvature.ts";
import type { LrOptions } from "./lr-options.ts";
import type { CurvaturePart } from "./lr-result.ts";
import { type ExampleCurvature, meanSquareLimit } from "./mean-square-limit.ts";
import { preconditionedSharpness } from "./preconditioned.ts";
import { momentumOf } from "../../optimizers/momentum-of.ts";
import { minOf } from "../../util/extremes.ts";

/** Momenta that are compared. */
const MOMENTA = [0, 0.5, 0.9, 0.99];

/** What the curvature at the weights says of the step size of an optimiser on batches of a size. */
export async function measureCurvature(
  problem: Problem,
  options: LrOptions,
  { chosen, batch }: { readonly chosen: ChosenCoordinateOptimizer; readonly batch: number },
  { common, context }: TaskDesk,
): Promise<CurvaturePart> {
  const hasNoOwn = needsSingleExamples(problem);
  const needs = needsOf([
    lossValue,
    lossGradient,
    gradientRounding,
    ...(hasNoOwn === undefined ? [gradientSample] : []),
  ]);
  const desk = Desk.open(
    settingOf({ problem, options, hasBudget: context.hasBudget }, needs),
    common.split("lr"),
    context,
  );
  const { random } = desk;
  const { loss } = await desk.get(lossValue);
  const gradientNorm = norm2(await desk.get(lossGradient));
  const rounding = await desk.get(gradientRounding);
  const hessian = desk.operator(hessianOperator);
  const top = await extremalEigenpairs(
    hessian,
    { largest: Math.min(options.directions, problem.space.dimension), tolerance: options.tol, vectors: true },
    random.split("extremes"),
    desk.stage("λmax"),
  );
  const [{ value: largest, residual }] = top.top;
  const { optimizer, given } = chosen;
  const limit = optimizer.with(given).stabilityLimit;
  const scaled =
    limit?.matrix === "D⁻¹H"
      ? await preconditionedSharpness(
          problem,
          hessian,
          { batch, batches: options.batches, limit, tolerance: options.tol },
          random.split("preconditioned"),
          context,
        )
      : undefined;
  const preconditioned = scaled ? { value: scaled.value, error: scaled.residual + scaled.drawn } : null;
  const sharpness = { value: largest, error: residual };
  const deciding = limit?.matrix === "H" ? sharpness : preconditioned;
  const isWhole = batch >= problem.examples;
  const noAtBatch = reasonAgainst(problem, limit, isWhole, hasNoOwn);
  const along: ExampleCurvature[] = [];
  if (noAtBatch === null)
    for (const { vector } of top.top) {
      if (vector === undefined || desk.outOfTime) continue;
      along.push(await exampleCurvature(problem, vector, context));
    }
  const draw = { batch, examples: problem.examples };
  const atBatch = noAtBatch === null && along.length > 0 ? atBatchOf(along, chosen, draw) : null;
  const sharp = desk.outOfTime
    ? undefined
    : await batchSharpness(
        problem,
        problem.point.parameters,
        { size: batch, batches: options.batches, rounding: rounding.gradient },
        random.split("batches"),
        context,
      );
  return {
    loss,
    gradientNorm,
    sharpness,
    preconditioned,
    preconditionedBatches: scaled?.batches ?? null,
    fullBatch: limit && deciding ? stepOf(limit, deciding) : null,
    formula: limit?.formula ?? null,
    isPlain: limit?.isPlain ?? false,
    note: limit?.note ?? sayUnlimited(optimizer),
    atBatch,
    noAtBatch,
    batchSharpness: sharp?.plain ?? null,
    momenta: momentaOf(optimizer, sharpness, along, { ...draw, given }),
    ...(await criticalBatchOf(desk, hasNoOwn)),
    converged: top.converged && scaled?.converged !== false && sharp?.plain.converged !== false,
  };
}

/** Why nothing is said of single examples along an eigenvector; null where something is. */
function reasonAgainst(
  { options: { reduction } }: Problem,
  limit: StabilityLimit | undefined,
  isWhole: boolean,
  hasNoOwn: string | undefined,
): string | null {
  if (isWhole) return "A batch holds all examples: its curvature is that of the loss.";
  if (hasNoOwn !== undefined) return hasNoOwn;
  if (reduction === "sum") return "The loss is a sum: that of a batch is another loss, not a sample of this one.";
  return limit?.matrix === "H"
    ? null
    : "The update is not linear in the gradient: no mean square follows from curvatures.";
}

/** The largest stable step for a curvature, unless that cannot be told from 0. */
function stepOf(limit: StabilityLimit, { value, error }: Curvature): Limit | null {
  const sum = value + limit.decay;
  if (!(sum > error)) return null;
  const stepSize = largestStepSize(limit, value);
  return { stepSize, error: largestStepSize(limit, value - error) - stepSize };
}

type Curvature = CurvaturePart["sharpness"];
type Limit = NonNullable<CurvaturePart["fullBatch"]>;

interface Draw {
  readonly batch: number;
  readonly examples: number;
}

function atBatchOf(
  along: readonly ExampleCurvature[],
  { rule }: ChosenCoordinateOptimizer,
  draw: Draw,
): NonNullable<CurvaturePart["atBatch"]> {
  const directions = along.map(({ mean, variance }) => ({
    curvature: mean,
    variance,
    stepSize: mean > 0 ? meanSquareLimit(rule, { mean, variance }, draw) : null,
  }));
  const limits = directions.flatMap(({ stepSize }) => stepSize ?? []);
  return { directions, stepSize: limits.length === 0 ? null : minOf(limits) };
}

/** The limits at other momenta, where the optimiser has one. */
function momentaOf(
  optimizer: CoordinateOptimizer,
  sharpness: Curvature,
  along: readonly ExampleCurvature[],
  { given, ...draw }: Draw & Pick<ChosenCoordinateOptimizer, "given">,
): CurvaturePart["momenta"] {
  const own = momentumOf(optimizer, given);
  if (own === undefined || !(sharpness.value > sharpness.error)) return null;
  const momenta = [...new Set([...MOMENTA, own])].sort((a, b) => a - b);
  return momenta.flatMap((momentum) => {
    const { rule, stabilityLimit } = optimizer.with({ ...given, momentum });
    if (stabilityLimit?.matrix !== "H") return [];
    const fullBatch = largestStepSize(stabilityLimit, sharpness.value);
    const limits = along.filter(({ mean }) => mean > 0).map((each) => meanSquareLimit(rule, each, draw));
    const atBatch = limits.length === 0 ? null : minOf(limits);
    return [{ momentum, fullBatch, atBatch, effective: Math.min(fullBatch, atBatch ?? fullBatch) / (1 - momentum) }];
  });
}

async function criticalBatchOf(
  desk: Desk,
  hasNoOwn: string | undefined,
): Promise<Pick<CurvaturePart, "criticalBatch" | "noCriticalBatch">> {
  const none = (reason: string) => ({ criticalBatch: null, noCriticalBatch: reason });
  if (hasNoOwn !== undefined) return none(hasNoOwn);
  if (desk.outOfTime) return none("The time was up.");
  const sample = await desk.get(gradientSample);
  if (!sample) return none("The examples' gradients agree up to rounding: there is no noise.");
  if (sample.meanSquare <= sample.rounding ** 2) return none("The gradient is zero up to rounding.");
  const { value, interval, about } = criticalBatchSize(sample, desk.confidence);
  return {
    criticalBatch: { value, lower: interval.lower, upper: interval.upper, about: about ?? "population" },
    noCriticalBatch: null,
  };
}
