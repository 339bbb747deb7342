import { chosenParameters } from "../onnx/chosen-parameters.ts";
import { CHOSEN, PASSES } from "../onnx/loop-model.ts";
import type { MatrixRule } from "../optimizers/optimizer.ts";
import { releaseAll } from "../problem/batch-feeds.ts";
import { fedName } from "../problem/file-names.ts";
import { SCALE } from "../problem/loss-graph.ts";
import type { Loss } from "../problem/losses/loss.ts";
import type { Problem } from "../problem/problem.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import type { Feed } from "../runtime/runtime.ts";
import { inPrecision, isFloat, sizeOf, type DType, type Shape, type Tensor } from "../util/tensor.ts";
import { type CompiledSteps, compileSteps, CORRECT, LOSS } from "./compile-steps.ts";
import { ExampleShelf, type StepExamples } from "./mini-batches.ts";
import { packed, type Pack, type PackFeed, packFeeds, packsOf, stateName, unpacked } from "./parameter-packs.ts";
import { numberName } from "./step-update.ts";

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
  /** Whether {@link MatrixRule.between} is done behind it. */
  readonly isRenewed?: boolean;
}

/**
 * Trains a network: a step (forward, backward, update) is a graph, compiled once for each size of batch, and several steps are one
 * call of the engine, in which weights and state stay. Close it.
 */
export class Trainer {
  private readonly problem: Problem;
  private readonly options: ProblemOptions;
  private readonly rule: MatrixRule;
  private readonly clip: number | undefined;
  /** What is trained, where the update is one of single coordinates. */
  private readonly packs: readonly Pack[];
  private readonly shelf: ExampleShelf;
  private readonly compiled = new Map<string, Promise<CompiledSteps>>();
  private feeds = new Map<string, Feed>();
  private current: Map<string, Tensor>;

  constructor(
    problem: Problem,
    { rule, clip }: { readonly rule: MatrixRule; readonly clip?: number | undefined },
    from: TrainState,
  ) {
    const { options, space, runtime } = problem;
    const trained = space.tensors.map(({ name }) => name);
    const statistics = statisticsOf(problem);
    this.problem = problem;
    this.shelf = new ExampleShelf(problem.dataset, (tensor) => this.feed(tensor));
    this.rule = rule;
    this.clip = clip;
    // Slices are handed out where they lie, which the runtime can do in the memory of the processor only.
    this.packs = rule.coordinates && runtime.device === undefined ? packsOf(trainedOf(problem)) : [];
    this.options = {
      ...options,
      parameters: [...trained, ...statistics],
      batchNormalization: statistics.length > 0 ? "training" : options.batchNormalization,
    };
    const given = new Map([
      ...[...from.tensors].map(([name, value]) => [fedName(name), value] as const),
      ...from.state,
    ]);
    this.current = new Map(given);
    for (const { name, pack, partName } of this.packFeeds) {
      this.current.set(
        name,
        packed(pack, options.precision, (member) => required(given, partName(member))),
      );
      for (const member of pack.members) this.current.delete(partName(member.name));
    }
    for (const [name, value] of this.current) this.feeds.set(name, problem.runtime.feed(value));
  }

  private get packFeeds(): PackFeed[] {
    return packFeeds(this.packs, this.rule.coordinates?.state ?? []);
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
      if (step.isRenewed !== true) continue;
      const found = await this.call(together);
      this.renew();
      yield found;
      together = [];
    }
    if (together.length > 0) yield await this.call(together);
  }

  /** What of the state is not the graph's to compute. */
  private renew(): void {
    const { rule } = this;
    const { precision } = this.options;
    for (const { name, shape } of this.problem.space.tensors) {
      const kept = rule.state(shape).flatMap((each) => {
        const found = this.current.get(stateName(each.name, name));
        return found === undefined ? [] : [{ shape: each.shape, data: Float64Array.from(found.data, Number) }];
      });
      // A step that left no numbers is no basis of another; its loss says so.
      if (!kept.every(({ data }) => data.every(Number.isFinite))) continue;
      rule.between?.renewed(kept, shape).forEach((block, i) => {
        const fed = stateName(rule.state(shape)[i].name, name);
        const after = { dtype: precision, shape: block.shape, data: inPrecision(block.data, precision) };
        this.feeds.get(fed)?.release();
        this.feeds.set(fed, this.problem.runtime.feed(after));
        this.current.set(fed, after);
      });
    }
  }

  private async call(steps: readonly Step[]): Promise<StepNumbers[]> {
    const { loss, lossOptions, reduction } = this.problem.options;
    const [{ examples }] = steps;
    const { executable, hasAccuracy, outputs, carried, passes } = await this.of(steps[0]);
    const tables = this.shelf.take(steps);
    // A batch without a term has a loss of 0, whatever it is divided by.
    const termsBy = (count: Loss["terms"]) => steps.map((_, i) => count(tables.labels(i), outputs, lossOptions) || 1);
    const terms = termsBy(loss.terms);
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
    const predictions = termsBy(loss.predictions ?? loss.terms);
    const right = hasAccuracy ? found.get(CORRECT)?.data : undefined;
    return steps.map((_, i) => ({
      loss: losses?.[i] ?? Number.NaN,
      accuracy: right === undefined ? undefined : right[i] / predictions[i],
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
    const all = new Map(this.current);
    for (const { name, pack, partName } of this.packFeeds)
      for (const [member, part] of unpacked(pack, required(all, name))) all.set(partName(member), part);
    return {
      tensors: present(tensorNames.map((name) => [name, all.get(fedName(name))])),
      state: present(statesOf(this.problem, this.rule).map(({ name }) => [name, all.get(name)])),
    };
  }

  async close(): Promise<void> {
    releaseAll(this.feeds);
    this.feeds = new Map();
    this.shelf.release();
    for (const each of await Promise.allSettled(this.compiled.values()))
      if (each.status === "fulfilled") await each.value.executable.release();
  }

  private of(step: Step): Promise<CompiledSteps> {
    const batch = step.examples.length;
    // A batch of all examples is the table of all examples, where there is one.
    const isTable = batch === this.problem.examples && this.shelf.isKept(step);
    const key = `${batch}${isTable ? " as they lie" : ""}`;
    const { problem, options, rule, clip, packs } = this;
    const trained = problem.space.tensors.map(({ name }) => name);
    const plan = { options, rule, uphill: rule.uphill, clip, l2: options.l2, trained, packs, batch, isTable };
    const known = this.compiled.get(key) ?? compileSteps(problem, plan);
    this.compiled.set(key, known);
    return known;
  }
}

function required(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new RangeError(`training began without ${name}`);
  return tensor;
}

/** The parameters that the network uses. */
function trainedOf({ space, network }: Problem) {
  return space.tensors.filter(({ name }) => network.imported.parameters.has(name));
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
