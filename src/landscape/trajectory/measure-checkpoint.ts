import type { Eigenvalue } from "../../estimators/estimate.ts";
import { type ExtremalResult, extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import { estimateTrace } from "../../estimators/trace.ts";
import { norm2 } from "../../linalg/vector.ts";
import { subBlockOperator } from "../../operators/combinators.ts";
import { preconditionedOperator } from "../../operators/preconditioned-operator.ts";
import { gradientRounding } from "../../quantities/gradient-rounding.ts";
import type { Desk } from "../../quantities/desk.ts";
import { hessianOperator } from "../../quantities/hessian-operator.ts";
import { layersOf } from "../../quantities/layers-of.ts";
import { lossGradient } from "../../quantities/loss-gradient.ts";
import { lossRounding } from "../../quantities/loss-rounding.ts";
import { lossValue } from "../../quantities/loss-value.ts";
import { needsOf } from "../../quantities/quantity.ts";
import { batchSharpness } from "./batch-sharpness.ts";
import { curvatureAlong } from "./curvature-along.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";
import type { PointNumbers } from "./trajectory-result.ts";

/** What is asked of a desk at a checkpoint. */
export const CHECKPOINT_NEEDS = needsOf([lossValue, lossRounding, lossGradient, gradientRounding]);

/** The eigenvectors of the checkpoint before: where the searches at the next one begin. */
export interface Neighbour {
  readonly ends: readonly Float64Array[];
  readonly divided: readonly Float64Array[];
  readonly layers: ReadonlyMap<string, Float64Array>;
}

/** A checkpoint, and what the optimiser divided by there. */
interface CheckpointFiles {
  readonly weights: string;
  readonly sha256: string;
  readonly divisors: Float64Array | undefined;
}

/**
 * The numbers of one checkpoint. Sampled ones take the same random numbers at every checkpoint, so that what changes from
 * one to the next is the weights; the search takes others at each, on which its bound rests.
 */
export async function measureCheckpoint(
  desk: Desk,
  options: TrajectoryOptions,
  before: Neighbour | undefined,
  { weights, sha256, divisors }: CheckpointFiles,
): Promise<{ readonly numbers: PointNumbers; readonly neighbour: Neighbour }> {
  const { problem, point, random } = desk;
  const { loss, accuracy } = await desk.get(lossValue);
  const gradient = await desk.get(lossGradient);
  const gradientNorm = norm2(gradient);
  const rounding = await desk.get(gradientRounding);
  const hessian = desk.operator(hessianOperator);
  const found = await extremalEigenpairs(
    hessian,
    { largest: 1, smallest: 1, tolerance: options.tol, vectors: true, near: before?.ends ?? [] },
    random.split(`extremes ${weights}`),
    desk.stage("λmax and λmin"),
  );
  const divided =
    divisors && !desk.outOfTime
      ? await extremalEigenpairs(
          preconditionedOperator(hessian, divisors, 0),
          { largest: 1, tolerance: options.tol, vectors: true, near: before?.divided ?? [] },
          random.split(`divided ${weights}`),
          desk.stage("λmax of D⁻¹H"),
        )
      : undefined;
  const curved = gradientNorm === 0 ? undefined : (await hessian.apply([gradient]))[0];
  const trace = desk.outOfTime
    ? null
    : await estimateTrace(
        hessian,
        { tolerance: options.traceTolerance, confidence: desk.confidence },
        random.split("trace"),
        desk.stage("trace"),
      );
  const sharp =
    options.batch === undefined || desk.outOfTime
      ? undefined
      : await batchSharpness(
          problem,
          point.parameters,
          { size: options.batch, batches: options.batches, rounding: rounding.gradient },
          random.split("batches"),
          desk.context,
        );
  const layers = options.layers ? await measureLayers(desk, before?.layers) : undefined;
  const vectors = (pairs: readonly Eigenvalue[]) => pairs.flatMap(({ vector }) => vector ?? []);
  return {
    numbers: {
      weights,
      sha256,
      loss,
      lossRounding: await desk.get(lossRounding),
      accuracy: accuracy ?? null,
      gradientNorm,
      gradientRounding: rounding.gradient,
      top: found.top.map(plain),
      bottom: found.bottom.map(plain),
      searchMargin: marginOf(found),
      missProbability: found.multiplicity.checked ? found.multiplicity.missProbability : null,
      preconditioned: divided ? { top: plain(divided.top[0]), searchMargin: marginOf(divided) } : null,
      searchProducts: found.products,
      trace,
      gradientCurvature: (curved && curvatureAlong(gradient, curved, rounding.gradient))?.value ?? null,
      batchSharpness: sharp?.plain ?? null,
      batchSharpnessWeighted: sharp?.weighted ?? null,
      layers:
        layers?.map(({ name, top }) => ({ name, top, stepSize: top.value > top.residual ? 2 / top.value : null })) ??
        null,
      products: desk.products,
      converged:
        found.converged &&
        (divisors === undefined || divided?.converged === true) &&
        trace?.converged === true &&
        (options.batch === undefined || sharp?.plain.converged === true),
    },
    neighbour: {
      ends: vectors([...found.top, ...found.bottom]),
      divided: vectors(divided?.top ?? []),
      layers: new Map(layers?.flatMap(({ name, vector }) => (vector ? [[name, vector]] : []))),
    },
  };
}

/** How far out one that was missed may lie; null where that was not bounded. */
function marginOf({ multiplicity: { checked, missProbability, margin } }: ExtremalResult): number | null {
  return checked && missProbability !== null ? margin : null;
}

function plain({ value, residual }: Eigenvalue): Eigenvalue {
  return { value, residual };
}

/** The largest eigenvalue of each layer's own block of H, from the one before on. */
async function measureLayers(desk: Desk, before: ReadonlyMap<string, Float64Array> | undefined) {
  const hessian = desk.operator(hessianOperator);
  const found: { readonly name: string; readonly top: Eigenvalue; readonly vector: Float64Array | undefined }[] = [];
  for (const { name, tensors } of layersOf(desk.problem.space.tensors)) {
    if (desk.outOfTime) break;
    const known = before?.get(name);
    const { top } = await extremalEigenpairs(
      subBlockOperator(
        hessian,
        tensors.map(({ offset, size }) => ({ offset, length: size })),
        `the block of ${name}`,
      ),
      { largest: 1, tolerance: LAYER_TOLERANCE, vectors: true, near: known ? [known] : [] },
      desk.random.split(`layer ${name}`),
      desk.stage("layers"),
    );
    found.push({ name, top: plain(top[0]), vector: top[0].vector });
  }
  return found;
}

/** A step size is not chosen more finely. */
const LAYER_TOLERANCE = 1e-2;
