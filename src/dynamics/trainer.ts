import type { Target } from "../graph/emitter.ts";
import { reachable } from "../graph/traverse.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import { CHOSEN, loopModel, PASSES } from "../onnx/loop-model.ts";
import type { MatrixRule } from "../optimizers/optimizer.ts";
import { releaseAll } from "../problem/batch-feeds.ts";
import { emitValues } from "../problem/compile-values.ts";
import { fedName } from "../problem/file-names.ts";
import { LABELS, SCALE } from "../problem/loss-graph.ts";
import { buildNetwork } from "../problem/network.ts";
import type { Problem } from "../problem/problem.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import type { Executable, Feed } from "../runtime/runtime.ts";
import { inPrecision, isFloat, sizeOf, type DType, type Shape, type Tensor } from "../util/tensor.ts";
import { ExampleShelf, type StepExamples } from "./mini-batches.ts";
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

/** A step that is to be done. */
export interface Step extends StepExamples {
  /** Of {@link MatrixRule.numbers}. */
  readonly numbers: Readonly<Record<string, number>>;
}

interface Compiled {
  readonly executable: Executable;
  readonly hasAccuracy: boolean;
  /** Shape of the outputs. */
  readonly outputs: Shape;
  /** What is fed back, each with the output that it is then. */
  readonly carried: ReadonlyMap<string, string>;
  /** Most steps of one call. */
  readonly passes: number;
}

const LOSS = "thalweg:loss";
const CORRECT = "thalweg:correct";

/** Most steps of one call: beyond, what a call costs is little beside its steps. */
const MOST_PASSES = 64;
/** Elements that the steps of a call compute at most, so that whoever waits hears of them: some tenths of a second. */
const CALL_ELEMENTS = 2 ** 28;

/**
 * Trains a network: a step (forward, backward, update) is a graph, compiled once for each size of batch, and several steps are one
 * call of the engine, in which weights and state stay. Close it.
 */
export class Trainer {
  private readonly problem: Problem;
  private readonly options: ProblemOptions;
  private readonly step: StepOptions;
  private readonly shelf: ExampleShelf;
  private readonly compiled = new Map<string, Promise<Compiled>>();
  private feeds = new Map<string, Feed>();
  private current: Map<string, Tensor>;

  constructor(problem: Problem, step: Pick<StepOptions, "rule" | "clip">, from: TrainState) {
    const { options, space } = problem;
    const trained = space.tensors.map(({ name }) => name);
    const statistics = statisticsOf(problem);
    this.problem = problem;
    this.shelf = new ExampleShelf(problem.dataset, (tensor) => this.feed(tensor));
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

  /** Does steps one after the other, and says of those of each call what was found. Where a loss is not finite, the state is void. */
  async *train(steps: Iterable<Step>): AsyncGenerator<StepNumbers[], void> {
    let together: Step[] = [];
    for (const step of steps) {
      const [first = step] = together;
      if (
        step.examples.length !== first.examples.length ||
        this.shelf.isKept(step) !== this.shelf.isKept(first) ||
        together.length === (await this.of(first)).passes
      ) {
        yield await this.call(together);
        together = [];
      }
      together.push(step);
    }
    if (together.length > 0) yield await this.call(together);
  }

  private async call(steps: readonly Step[]): Promise<StepNumbers[]> {
    const { loss, lossOptions, reduction } = this.problem.options;
    const [{ examples }] = steps;
    const { executable, hasAccuracy, outputs, carried, passes } = await this.of(steps[0]);
    const tables = this.shelf.take(steps);
    const terms = steps.map((_, i) => Math.max(1, loss.terms(tables.labels(i), outputs, lossOptions)));
    const own = new Map<string, Feed>();
    const set = (name: string, dtype: DType, shape: Shape, values: Iterable<number>) => {
      const data = new Float64Array(sizeOf(shape));
      data.set([...values]);
      own.set(name, this.feed({ dtype, shape, data }));
    };
    set(PASSES, "int64", [], [steps.length]);
    set(
      CHOSEN,
      "int64",
      [passes, examples.length],
      tables.rows.flatMap((rows) => Array.from(rows)),
    );
    set(
      SCALE,
      "float64",
      [passes],
      terms.map((count) => (reduction === "mean" ? 1 / count : 1)),
    );
    for (const name of Object.keys(steps[0].numbers))
      set(
        numberName(name),
        "float64",
        [passes],
        steps.map(({ numbers }) => numbers[name]),
      );
    const found = await executable.run(new Map([...this.feeds, ...tables.feeds, ...own]), 0);
    releaseAll(own);
    tables.release();
    for (const [name, next] of carried) {
      const after = found.get(next);
      if (after === undefined) continue;
      this.feeds.get(name)?.release();
      this.feeds.set(name, this.problem.runtime.feed(after));
      this.current.set(name, after);
    }
    const losses = found.get(LOSS)?.data;
    const right = hasAccuracy ? found.get(CORRECT)?.data : undefined;
    return steps.map((_, i) => ({
      loss: losses?.[i] ?? Number.NaN,
      accuracy: right === undefined ? undefined : right[i] / terms[i],
    }));
  }

  private feed({ dtype, shape, data }: Tensor): Feed {
    const { runtime, options } = this.problem;
    const { precision } = options;
    return runtime.feed(
      isFloat(dtype) ? { dtype: precision, shape, data: inPrecision(data, precision) } : { dtype, shape, data },
    );
  }

  /** Where it stands. */
  get state(): TrainState {
    const tensorNames = this.options.parameters ?? [];
    const at = (name: string) => this.current.get(name);
    return {
      tensors: present(tensorNames.map((name) => [name, at(fedName(name))])),
      state: present(statesOf(this.problem, this.step.rule).map(({ name }) => [name, at(name)])),
    };
  }

  async close(): Promise<void> {
    releaseAll(this.feeds);
    this.feeds = new Map();
    this.shelf.release();
    for (const each of await Promise.allSettled(this.compiled.values()))
      if (each.status === "fulfilled") await each.value.executable.release();
  }

  private of(step: Step): Promise<Compiled> {
    const batch = step.examples.length;
    // A batch of all examples is the table of all examples, where there is one.
    const isTable = batch === this.problem.examples && this.shelf.isKept(step);
    const key = `${batch}${isTable ? " as they lie" : ""}`;
    const known = this.compiled.get(key) ?? this.compile(batch, isTable);
    this.compiled.set(key, known);
    return known;
  }

  private async compile(batch: number, isTable: boolean): Promise<Compiled> {
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
    const nextName = (fed: string) => `next:${fed}`;
    const values = new Map([
      [LOSS, loss],
      ...(correct ? [[CORRECT, correct] as const] : []),
      ...[...after].map(([name, value]) => [nextName(name), value] as const),
    ]);
    const elements = reachable([...values.values()]).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const passes = Math.max(1, Math.min(MOST_PASSES, Math.floor(CALL_ELEMENTS / elements)));
    const carried = new Map([...after.keys()].map((name) => [name, nextName(name)]));
    const tables = [...dataset.inputs.map(({ name }) => fedName(name)), LABELS];
    const numbers = [SCALE, ...Object.keys(this.step.rule.numbers(0)).map(numberName)];
    const looped = loopModel(emitValues(values, target), {
      passes,
      carried,
      picked: new Set(isTable ? [] : tables),
      rows: batch,
      numbers: new Set(numbers),
    });
    return {
      executable: await runtime.compile(looped),
      hasAccuracy: correct !== undefined,
      outputs: network.graph.outputs.shape,
      carried,
      passes,
    };
  }
}

/** Running statistics that the network uses. */
export function statisticsOf({ model, options, network }: Problem): string[] {
  if (options.batchNormalization !== undefined || network.imported.normalizations.length === 0) return [];
  return model.statistics.flatMap(({ name, dtype }) => (isFloat(dtype) ? [name] : []));
}

/** What the optimiser keeps, under the names that it is fed under. */
function statesOf({ space }: Problem, rule: MatrixRule) {
  return space.tensors.flatMap((parameter) =>
    rule.state(parameter.shape).map(({ name, shape }) => ({ name: stateName(name, parameter.name), shape })),
  );
}

function present(entries: readonly (readonly [string, Tensor | undefined])[]): Map<string, Tensor> {
  return new Map(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** Where training begins: the weights and statistics of the model, the state of the optimiser at zero. */
export function startOf(problem: Problem, rule: MatrixRule): TrainState {
  const { model, options, space } = problem;
  const { precision } = options;
  const rounded = (name: string, shape: Shape, data: Tensor["data"]) =>
    [name, { dtype: precision, shape, data: inPrecision(data, precision).slice() }] as const;
  const names = [...space.tensors.map(({ name }) => name), ...statisticsOf(problem)];
  return {
    tensors: new Map(chosenParameters(model, names).map(({ name, shape, data }) => rounded(name, shape, data))),
    state: new Map(
      statesOf(problem, rule).map(({ name, shape }) => rounded(name, shape, new Float64Array(sizeOf(shape)))),
    ),
  };
}
