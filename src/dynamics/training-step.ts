import { gradient } from "../autodiff/products.ts";
import { rebuild } from "../graph/traverse.ts";
import type { Value, ValueGraph } from "../graph/value.ts";
import type { Normalization } from "../onnx/node-context.ts";
import { add, div, mul, sub } from "../ops/arithmetic.ts";
import { maximum } from "../ops/logic.ts";
import { reduceMean } from "../ops/reduction.ts";
import { reshape, sumAll } from "../ops/structure.ts";
import { sqrt } from "../ops/unary.ts";
import type { Network } from "../problem/network.ts";
import { sizeOf } from "../util/tensor.ts";

/** What a step is told besides the network. */
export interface StepOptions {
  /** λ of a term λ/2‖θ‖² of the loss. */
  readonly l2: number;
  /** How far uphill the gradient is taken; at the weights when absent. */
  readonly uphill: number | undefined;
  /** Length that gradients are cut to; uncut when absent. */
  readonly clip: number | undefined;
  /** Names of the parameters that are trained, of those of the network. */
  readonly trained: readonly string[];
}

/** A step up to its update, as values of one graph. */
export interface StepGraph {
  /** The loss of the batch before the step, with its L2 term. */
  readonly loss: Value;
  /** Right predictions of the batch before the step; undefined for regression. */
  readonly correct: Value | undefined;
  /** What is trained, by name. */
  readonly weights: ReadonlyMap<string, Value>;
  /** Of the loss, by the same names. */
  readonly gradients: ReadonlyMap<string, Value>;
  /** Running statistics behind the step, by name. */
  readonly statistics: ReadonlyMap<string, Value>;
}

/**
 * One step of training, forward and backward: ∇(L + λ/2‖θ‖²), cut to a length where that is asked for (Pascanu 2013, as
 * torch.nn.utils.clip_grad_norm_), and running statistics s ← m·s + (1−m)·(mean, unbiased variance of the batch), as PyTorch's
 * BatchNorm.
 */
export function stepGraph({ graph, imported }: Network, { l2, uphill, clip, trained }: StepOptions): StepGraph {
  const weights = new Map(
    trained.flatMap((name) => {
      const value = imported.parameters.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const values = [...weights.values()];
  const penalty = values.map((w) => sumAll(mul(w, w))).reduce((sum, each) => add(sum, each));
  const loss = l2 === 0 ? graph.share : add(graph.share, mul(penalty, l2 / 2));
  const slopes = gradient(loss, values);
  const gradients = clipped(uphill === undefined ? slopes : slopesUphill(values, slopes, uphill), clip);
  return {
    loss,
    correct: graph.loss.correct?.(graph.outputs, graph.labels, graph.options),
    weights,
    gradients: new Map([...weights.keys()].map((name, i) => [name, gradients[i]])),
    statistics: runningStatistics(imported.normalizations, imported.parameters),
  };
}

/** The gradients where the weights are moved by a distance along them (Foret 2021). */
function slopesUphill(weights: readonly Value[], gradients: readonly Value[], distance: number): readonly Value[] {
  const square = gradients.map((g) => sumAll(mul(g, g))).reduce((sum, each) => add(sum, each));
  const share = div(distance, add(sqrt(square), LEAST));
  const moved = new Map(weights.map((weight, i) => [weight, add(weight, mul(gradients[i], share))]));
  const { graph } = square;
  // The graph of the weights stays what it is; the copy has the moved ones in their place.
  return rebuild(gradients, graph, (value) => moved.get(value));
}

/** What keeps a gradient of length 0 from being divided by it, as in SAM's own program. */
const LEAST = 1e-12;

/** What keeps a gradient that is cut from being divided by 0, as in PyTorch. */
const TINY = 1e-6;

function clipped(gradients: readonly Value[], most: number | undefined): readonly Value[] {
  if (most === undefined) return gradients;
  const length = sqrt(gradients.map((g) => sumAll(mul(g, g))).reduce((sum, each) => add(sum, each)));
  const factor = div(scalarLike(most, length), maximum(add(length, TINY), scalarLike(most, length)));
  return gradients.map((g) => mul(g, factor));
}

function scalarLike(
  value: number,
  { graph, dtype }: { readonly graph: ValueGraph; readonly dtype: Value["dtype"] },
): Value {
  return graph.scalar(value, dtype);
}

/** Those that are fed by name; one that several places share goes through all of them. */
function runningStatistics(
  normalizations: readonly Normalization[],
  parameters: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const names = new Map([...parameters].map(([name, value]) => [value, name]));
  const after = new Map<string, Value>();
  for (const { x, mean, variance, momentum } of normalizations) {
    const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
    const count = sizeOf(axes.map((axis) => x.shape[axis]));
    const centre = reduceMean(x, axes);
    const centred = sub(x, centre);
    const spread = mul(reduceMean(mul(centred, centred), axes), count / Math.max(1, count - 1));
    for (const [statistic, found] of [
      [mean, centre],
      [variance, spread],
    ] as const) {
      const name = names.get(statistic);
      if (name === undefined) continue;
      const fresh = reshape(found, statistic.shape);
      after.set(name, add(mul(after.get(name) ?? statistic, momentum), mul(fresh, 1 - momentum)));
    }
  }
  return after;
}
