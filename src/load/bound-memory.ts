import type { Dataset } from "../data/dataset.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { Target } from "../graph/emitter.ts";
import { reachable } from "../graph/traverse.ts";
import { tensorOf } from "../graph/leaf.ts";
import type { Computation } from "../problem/computation.ts";
import { gradientDerivative } from "../problem/derivatives/gradient.ts";
import { hessianProduct } from "../problem/derivatives/hessian.ts";
import type { ProgramSite } from "../problem/program-values.ts";
import { buildNetwork } from "../problem/network.ts";
import { ParameterSpace } from "../problem/parameter-space.ts";
import { elementBytes, type ProblemOptions } from "../problem/problem-options.ts";
import { leastBytes, leastInSegments, memoryTooSmall, runBytes } from "../problem/run-bytes.ts";
import { formatBytes } from "../util/format-size.ts";
import { readSize } from "../util/read-size.ts";
import { maxOf } from "../util/extremes.ts";
import { type FloatType, sizeOf } from "../util/tensor.ts";

/** What a bound on memory leaves. */
export interface BoundMemory {
  /** Engines side by side. */
  readonly lanes: number;
  readonly options: Pick<ProblemOptions, "runBytes" | "mostVectors" | "withoutFloat64" | "cacheBytes">;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** What deriving and compiling programs leaves in the heap. */
const DERIVING = 96 * 2 ** 20;
/** What an engine in a thread of its own holds before it is given anything. */
const LANE = 48 * 2 ** 20;
/** What a process holds differs by so much from one time to the next. */
const SPARE = 16 * 2 ** 20;
/** Of what is left, the part that may be kept between products. */
const KEPT = 1 / 4;
/** What checks compare with float64. */
const CHECKED: readonly Computation[] = [gradientDerivative, hessianProduct];
/** Vectors at a time, from the most. */
const BLOCKS = [8, 4, 2, 1];

/** A problem before it is opened, to write computations on. */
export function siteOf(model: ModelFile, dataset: Dataset, options: ProblemOptions): ProgramSite {
  const network = (batch: number) => buildNetwork(model, dataset, options, batch);
  const { parameters } = network(Math.min(options.batchSize, dataset.examples)).imported;
  const space = new ParameterSpace([...parameters].map(([name, { shape }]) => ({ name, label: undefined, shape })));
  return { problem: options, space, network };
}

export interface MemoryQuestion {
  /** Bytes that the process may hold. */
  readonly memory: number;
  /** Bytes that it holds. */
  readonly resident: number;
  /** Engines side by side, at most. */
  readonly lanes: number;
}

/**
 * What engines may take so that a process stays within its memory: beside what it holds, the vectors of a product and the
 * constants that each lane has for itself. As many lanes as leave each enough for a Hessian product of one example, and as many
 * vectors at a time; the rest is cut by examples when a computation is first asked for.
 *
 * Cost: up to four computations are derived, twice each.
 */
function boundMemory(siteIn: (precision?: FloatType) => ProgramSite, question: MemoryQuestion): BoundMemory {
  const { memory, resident } = question;
  const site = siteIn();
  const { precision, cacheBytes } = site.problem;
  const target = targetOf(site);
  const free = memory - resident - DERIVING;
  // Nothing fits: known before anything is derived, which takes long of a deep network.
  const vectors = sharedBytes(site, 1, 1);
  if (free <= vectors)
    throw memoryTooSmall("The memory of the weights, of a vector and of its product", vectors + SPARE, free, {
      more: 1,
    });
  const each = (lanes: number, vectors: number) => ((free - sharedBytes(site, lanes, vectors)) * (1 - KEPT)) / lanes;
  const bytes = (vectors: number) => runBytes(site, hessianProduct, { block: vectors, target });
  const takes = (vectors: number) => leastBytes(bytes(vectors));
  const single = takes(1);
  const lanes =
    Array.from({ length: question.lanes }, (_, i) => question.lanes - i).find((n) => each(n, 1) >= single) ?? 1;
  const mostVectors = BLOCKS.find((vectors) => vectors === 1 || each(lanes, vectors) >= takes(vectors)) ?? 1;
  const limit = each(lanes, mostVectors);
  const wide = precision === "float32" ? maxOf(CHECKED.map((each) => leastFor(siteIn("float64"), each, limit))) : 0;
  const withoutFloat64 = wide > limit;
  const cache = Math.min(cacheBytes, Math.max(0, free - sharedBytes(site, lanes, mostVectors)) * KEPT);
  return {
    lanes,
    options: { runBytes: limit, mostVectors, withoutFloat64, cacheBytes: cache },
    notes: [
      `Of ${formatBytes(memory)} the process holds ${formatBytes(resident)}; each of ${lanes === 1 ? "one engine" : `${lanes} engines`} may take ${formatBytes(limit)} for a run, and ${formatBytes(cache)} may be kept between products.`,
    ],
    warnings: withoutFloat64
      ? [
          `Nothing is compared with float64: a derivative of one example takes about ${formatBytes(wide)} there, and --memory leaves ${formatBytes(limit)}.`,
        ]
      : [],
  };
}

function targetOf({ problem: { precision } }: ProgramSite): Target {
  return { precision, portable: false, device: undefined, blockSize: undefined };
}

/** Bytes of a run on the fewest examples, in segments where it takes more than `limit` else. */
function leastFor(site: ProgramSite, computation: Computation, limit: number): number {
  const question = { block: 1, target: targetOf(site) };
  const bytes = runBytes(site, computation, question);
  const whole = leastBytes(bytes);
  if (whole <= limit) return whole;
  return Math.min(whole, leastInSegments(site, computation, { ...question, limit, least: bytes.least }).bytes);
}

/**
 * What `--memory` leaves to a problem; undefined where it was not said.
 *
 * @param siteIn the problem before it is opened, in another precision where that is said
 */
export function boundedBy(
  memory: string | undefined,
  siteIn: (precision?: FloatType) => ProgramSite,
  lanes: number,
): BoundMemory | undefined {
  const bytes = memory === undefined ? undefined : readSize(memory);
  if (bytes === undefined) return undefined;
  return boundMemory(siteIn, { memory: bytes, resident: process.memoryUsage.rss(), lanes });
}

/** Parameters, vectors and results, as the main thread and the lanes have them, and what is constant. */
function sharedBytes({ problem, space, network }: ProgramSite, lanes: number, vectors: number): number {
  const element = elementBytes(problem);
  const { dimension } = space;
  const doubles = 8 * dimension * (1 + 3 * vectors);
  const slots = element * dimension * (1 + vectors);
  const onLanes = lanes === 1 ? 0 : lanes * (LANE + slots);
  const results = 2 * lanes * element * dimension * vectors;
  const constants = lanes === 1 ? 0 : lanes * element * constantsOf(network(problem.batchSize));
  return doubles + slots + onLanes + results + constants;
}

function constantsOf({ graph }: ReturnType<ProgramSite["network"]>): number {
  return reachable([graph.total]).reduce((sum, value) => sum + (tensorOf(value) ? sizeOf(value.shape) : 0), 0);
}
