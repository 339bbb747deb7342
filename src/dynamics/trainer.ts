import type { Batch } from "../data/dataset.ts";
import type { Target } from "../graph/emitter.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { CoordinateRule } from "../optimizers/optimizer.ts";
import { compileValues } from "../problem/compile-values.ts";
import { fedName } from "../problem/file-names.ts";
import { LABELS, SCALE } from "../problem/loss-graph.ts";
import { buildNetwork } from "../problem/network.ts";
import type { Problem } from "../problem/problem.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import type { Executable, Feed } from "../runtime/runtime.ts";
import { inPrecision, isFloat, sizeOf, tensor, type Shape, type Tensor } from "../util/tensor.ts";
import { numberName, stateName, stepGraph, type StepOptions } from "./training-step.ts";

/** Weights, running statistics and the state of the optimiser, by name. */
export interface TrainState {
  /** Under the names of the model. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Under {@link stateName}. */
  readonly state: ReadonlyMap<string, Tensor>;
}

/** What a batch said before its step. */
export interface StepNumbers {
  /** With the L2 term; NaN or ±∞ where it is that. */
  readonly loss: number;
  /** Of the terms of the batch; undefined for regression. */
  readonly accuracy: number | undefined;
}

interface Compiled {
  readonly executable: Executable;
  readonly hasAccuracy: boolean;
  /** Shape of the outputs. */
  readonly outputs: Shape;
  /** The names behind each output, from the first that is fed back. */
  readonly names: readonly string[];
}

const LOSS = "thalweg:loss";
const CORRECT = "thalweg:correct";

/** The name of what is fed back next time. */
function nextName(fed: string): string {
  return `next:${fed}`;
}

/**
 * Trains a network: each step is one run of one graph (forward, backward, update), compiled once for each size of batch;
 * what it gives is what the next one is fed. Close it.
 */
export class Trainer {
  private readonly problem: Problem;
  private readonly options: ProblemOptions;
  private readonly step: StepOptions;
  private readonly compiled = new Map<number, Promise<Compiled>>();
  private feeds = new Map<string, Feed>();
  private current: Map<string, Tensor>;

  constructor(problem: Problem, step: Pick<StepOptions, "rule" | "clip">, from: TrainState) {
    const { options, space } = problem;
    const trained = space.tensors.map(({ name }) => name);
    const statistics = statisticsOf(problem);
    this.problem = problem;
    this.step = { ...step, trained, precision: options.precision, l2: options.l2 };
    this.options = {
      ...options,
      parameters: [...trained, ...statistics],
      batchNormalization: statistics.length > 0 ? "training" : options.batchNormalization,
    };
    this.current = new Map([
      ...[...from.tensors].map(([name, value]) => [fedName(name), value] as const),
      ...from.state,
    ]);
    for (const [name, value] of this.current) this.feeds.set(name, problem.runtime.feed(value));
  }

  /** One step on a batch. Where the loss is not finite, the state is void. */
  async train({ inputs, y }: Batch, numbers: Readonly<Record<string, number>>): Promise<StepNumbers> {
    const { runtime, options } = this.problem;
    const { precision, loss, lossOptions, reduction } = options;
    const { executable, hasAccuracy, outputs, names } = await this.of(y.shape[0]);
    const terms = loss.terms(y, outputs, lossOptions);
    const own = new Map<string, Feed>();
    const feed = (name: string, { dtype, shape, data }: Tensor) =>
      own.set(
        name,
        runtime.feed(
          isFloat(dtype) ? { dtype: precision, shape, data: inPrecision(data, precision) } : { dtype, shape, data },
        ),
      );
    for (const [name, value] of Object.entries(inputs)) feed(fedName(name), value);
    feed(LABELS, y);
    const scale = reduction === "mean" ? 1 / Math.max(1, terms) : 1;
    for (const [name, value] of [
      [SCALE, scale],
      ...Object.entries(numbers).map(([key, number]) => [numberName(key), number] as const),
    ] as const)
      feed(name, tensor("float64", [], Float64Array.of(value)));
    const found = await executable.run(new Map([...this.feeds, ...own]), 0);
    for (const each of own.values()) each.release();
    for (const name of names) {
      const after = found.get(nextName(name));
      if (after === undefined) continue;
      this.feeds.get(name)?.release();
      this.feeds.set(name, runtime.feed(after));
      this.current.set(name, after);
    }
    const right = hasAccuracy ? found.get(CORRECT)?.data[0] : undefined;
    return {
      loss: found.get(LOSS)?.data[0] ?? Number.NaN,
      accuracy: right === undefined ? undefined : right / Math.max(1, terms),
    };
  }

  /** Where it stands. */
  get state(): TrainState {
    const tensorNames = this.options.parameters ?? [];
    const at = (name: string) => this.current.get(name);
    return {
      tensors: present(tensorNames.map((name) => [name, at(fedName(name))])),
      state: present(stateNames(this.step.rule, this.step.trained).map((name) => [name, at(name)])),
    };
  }

  async close(): Promise<void> {
    for (const each of this.feeds.values()) each.release();
    this.feeds = new Map();
    for (const each of await Promise.allSettled(this.compiled.values()))
      if (each.status === "fulfilled") await each.value.executable.release();
  }

  private of(batch: number): Promise<Compiled> {
    const known = this.compiled.get(batch) ?? this.compile(batch);
    this.compiled.set(batch, known);
    return known;
  }

  private async compile(batch: number): Promise<Compiled> {
    const { model, dataset, runtime } = this.problem;
    const network = buildNetwork(model, dataset, this.options, batch);
    const { loss, correct, tensors, state } = stepGraph(network, this.step);
    const after = new Map([...[...tensors].map(([name, value]) => [fedName(name), value] as const), ...state]);
    const target: Target = {
      precision: this.options.precision,
      portable: false,
      device: runtime.device,
      blockSize: await runtime.blockSize(),
    };
    const outputs = new Map([
      [LOSS, loss],
      ...(correct ? [[CORRECT, correct] as const] : []),
      ...[...after].map(([name, value]) => [nextName(name), value] as const),
    ]);
    return {
      executable: await compileValues(outputs, target, runtime),
      hasAccuracy: correct !== undefined,
      outputs: network.graph.outputs.shape,
      names: [...after.keys()],
    };
  }
}

/** Running statistics that the network uses. */
export function statisticsOf({ model, options, network }: Problem): string[] {
  if (options.batchNormalization !== undefined || network.imported.normalizations.length === 0) return [];
  return model.statistics.flatMap(({ name, dtype }) => (isFloat(dtype) ? [name] : []));
}

function stateNames(rule: CoordinateRule, trained: readonly string[]): string[] {
  return trained.flatMap((name) => rule.state.map((each) => stateName(each, name)));
}

function present(entries: readonly (readonly [string, Tensor | undefined])[]): Map<string, Tensor> {
  return new Map(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** Where training begins: the weights and statistics of the model, the state of the optimiser at zero. */
export function startOf(problem: Problem, rule: CoordinateRule): TrainState {
  const { model, options, space } = problem;
  const { precision } = options;
  const rounded = (name: string, shape: Shape, data: Tensor["data"]) =>
    [name, { dtype: precision, shape, data: inPrecision(data, precision).slice() }] as const;
  const names = [...space.tensors.map(({ name }) => name), ...statisticsOf(problem)];
  return {
    tensors: new Map(chosenParameters(model, names).map(({ name, shape, data }) => rounded(name, shape, data))),
    state: new Map(
      space.tensors.flatMap(({ name, shape }) =>
        rule.state.map((each) => rounded(stateName(each, name), shape, new Float64Array(sizeOf(shape)))),
      ),
    ),
  };
}
