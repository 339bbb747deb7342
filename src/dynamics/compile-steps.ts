import type { Target } from "../graph/emitter.ts";
import { peakBytes } from "../graph/peak-bytes.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { loopModel, PASSES } from "../onnx/loop-model.ts";
import type { SliceRun } from "../onnx/slice-nodes.ts";
import type { CoordinateRule, MatrixRule } from "../optimizers/optimizer.ts";
import { emitValues, engineValues, renamed } from "../problem/compile-values.ts";
import { fedName } from "../problem/file-names.ts";
import { LABELS, SCALE } from "../problem/loss-graph.ts";
import { buildNetwork } from "../problem/network.ts";
import type { Problem } from "../problem/problem.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import { memoryTooSmall } from "../problem/run-bytes.ts";
import type { Executable } from "../runtime/runtime.ts";
import { formatCounted } from "../util/format-size.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import type { Pack } from "./parameter-packs.ts";
import { fedPacks, numberName, packedGradient, PIECE_GRADIENT, pieceUpdate, tensorUpdates } from "./step-update.ts";
import { stepGraph, type StepOptions } from "./training-step.ts";

/** Steps of one batch size, as the engine does them. */
export interface CompiledSteps {
  readonly executable: Executable;
  readonly hasAccuracy: boolean;
  /** Shape of the outputs. */
  readonly outputs: Shape;
  /** What is fed back, each with the output that it is then. */
  readonly carried: ReadonlyMap<string, string>;
  /** Most steps of one call. */
  readonly passes: number;
}

/** What steps are made of. */
export interface StepsPlan extends StepOptions {
  /** Of the network, as it trains. */
  readonly options: ProblemOptions;
  readonly rule: MatrixRule;
  /** What is trained, where it is updated in packs. */
  readonly packs: readonly Pack[];
  readonly batch: number;
  /** Whether a batch is the table of all examples. */
  readonly isTable: boolean;
}

/** The output that the losses are, one for each step. */
export const LOSS = "thalweg:loss";
/** The output that the numbers of right predictions are. */
export const CORRECT = "thalweg:correct";

const nextName = (fed: string) => `next:${fed}`;
const gradientName = (pack: Pack) => `${pack.name}:gradient`;

/** Most steps of one call: beyond, what a call costs is little beside its steps. */
const MOST_PASSES = 64;
/** Elements that the steps of a call compute at most, so that whoever waits hears of them: some tenths of a second. */
const CALL_ELEMENTS = 2 ** 28;

/** Forward, backward and update as one graph, and many of them as one call. */
export async function compileSteps(
  { model, dataset, runtime }: Problem,
  { options, rule, packs, batch, isTable, ...step }: StepsPlan,
): Promise<CompiledSteps> {
  const { precision } = options;
  const network = buildNetwork(model, dataset, options, batch);
  const graph = stepGraph(network, step);
  const target: Target = {
    precision,
    portable: false,
    device: runtime.device,
    blockSize: await runtime.blockSize(),
  };
  const after = new Map([
    ...[...graph.statistics].map(([name, value]) => [fedName(name), value] as const),
    ...(packs.length > 0 ? [] : tensorUpdates(graph, rule)),
  ]);
  const values = new Map([
    [LOSS, graph.loss],
    ...(graph.correct ? [[CORRECT, graph.correct] as const] : []),
    ...[...after].map(([name, value]) => [nextName(name), value] as const),
    ...packs.map((pack) => [gradientName(pack), packedGradient(pack, graph.gradients)] as const),
  ]);
  const slicewise = packs.map((pack) => updateOf(pack, rule.coordinates, graph.loss, target));
  const elements = reachable([...values.values()]).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const passes = Math.max(1, Math.min(MOST_PASSES, Math.floor(CALL_ELEMENTS / elements)));
  const fedBack = [
    ...after.keys(),
    ...slicewise.flatMap(({ sliced }) => [...sliced.keys()].filter((name) => name !== PIECE_GRADIENT)),
  ];
  const carried = new Map(fedBack.map((name) => [name, nextName(name)]));
  const tables = [...dataset.inputs.map(({ name }) => fedName(name)), LABELS];
  const fed = renamed(values, fedPacks([...values.values()], packs, precision));
  if (options.runBytes !== undefined)
    requireBytes(peakBytes(engineValues([...fed.values()], target)), batch, options.runBytes);
  const looped = loopModel(emitValues(fed, target, runtime), {
    passes,
    carried,
    picked: new Set(isTable ? [] : tables),
    rows: batch,
    numbers: new Set([SCALE, ...Object.keys(rule.numbers(0)).map(numberName)]),
    slicewise,
  });
  return {
    // What finds the fastest way to run it holds it twice.
    executable: await runtime.compile(looped, options.runBytes === undefined ? { passes: PASSES } : {}),
    hasAccuracy: graph.correct !== undefined,
    outputs: network.graph.outputs.shape,
    carried,
    passes,
  };
}

/** A step is on its batch and no less: it is refused where that takes more than there is. */
function requireBytes(bytes: number, batch: number, limit: number): void {
  if (bytes > limit)
    throw memoryTooSmall(`a training step on ${formatCounted(batch, "example")}`, bytes, limit, {
      remedy: "smaller batches (--batch)",
    });
}

/** The update of a pack, piece by piece. */
function updateOf(pack: Pack, rule: CoordinateRule | undefined, like: Value, target: Target): SliceRun {
  if (rule === undefined) throw new RangeError("only coordinates are updated in packs");
  const updated = pieceUpdate(pack, rule, like);
  return {
    slice: emitValues(new Map([...updated].map(([name, value]) => [nextName(name), value])), target, {}),
    slices: pack.shape[0],
    sliced: new Map([
      [PIECE_GRADIENT, gradientName(pack)],
      ...[...updated.keys()].map((name) => [name, name] as const),
    ]),
  };
}
