import { withExamplesAt, withExamplesFirst } from "../data/examples-first.ts";
import { takeExamples } from "../data/take-examples.ts";
import {
  compareLoss,
  movedByGrain,
  worstOf,
  type LossPair,
  type LossSample,
} from "../instruments/checks/compare-loss.ts";
import { roundoffOf } from "../instruments/checks/check.ts";
import { asFed } from "../instruments/checks/loss-check.ts";
import type { Computation } from "../problem/computation.ts";
import type { PlainTerms } from "../problem/losses/plain-terms.ts";
import type { Point } from "../problem/point.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { FileSession } from "../runtime/file-session.ts";
import { nodeFileSession } from "../runtime/node-runtime.ts";
import { formatCounted } from "../util/format-size.ts";
import { tensor, type FloatType, type Tensor } from "../util/tensor.ts";
import { fileWays, type FileWay } from "./file-ways.ts";
import { importedOutputs, type Feeding } from "./imported-outputs.ts";
import type { LoadProof, ProofBench } from "./load-proof.ts";
import { proofBatchSize } from "./proof-batch-size.ts";
import { cannotRun, isAffordable, narrowRoundoff, ownPrecision } from "./prove-import.ts";

const NAME = "file-loss";
const TITLE = "The loss of the file's own outputs";

/** How often the outputs are moved by a grain. */
const GRAINS = 3;

/** Points at which every parameter is moved by so many grains, before a difference counts. */
const SHAKES = [1, 4, 4];

/** Runs with every step of the file moved by so many roundings. */
const STEPWISE = 3;
const STEPWISE_UNITS = 2;

/** How much more a device rounds than the processor: kernels of its own, as far as its proof allows. */
const DEVICE = 16;

/** ℓᵢ and the number of right predictions of a batch. */
const LOSSES: Computation = {
  name: "losses and right predictions",
  build: ({ perExample, loss, outputs, labels, options }) => {
    const right = loss.correct?.(outputs, labels, options);
    return right ? [perExample, right] : [perExample];
  },
};

/**
 * The loss by its definition, in float64, from what the file gives when the runtime runs it as it is, against that of the
 * problem: some examples from all over the data, the last among them. Between the two lie all that is done to a network
 * before it is differentiated: its import, a final softmax taken off, axes moved, the loss put behind it. Cost: two
 * forward passes of a few examples, and some more where rounding has to be measured.
 */
export const fileLossProof: LoadProof = {
  name: NAME,
  restsOn: "import",
  async prove(bench: ProofBench) {
    if (bench.problem.network.imported.notices.some(({ code }) => code === "other-statistics"))
      return unproven("the file normalises by other statistics than were asked for");
    let first: Check | undefined;
    for (const way of fileWays(bench)) {
      if (!way.isMeasured) return first ?? unproven("the weights of --weights cannot be put into the file");
      const check = await proveOn(bench, way);
      if (check.passed !== null) return way.remark ? { ...check, detail: `${check.detail} ${way.remark}` } : check;
      first ??= check;
    }
    return first ?? unproven("what it draws at random cannot be fed to the file instead");
  },
};

async function proveOn(bench: ProofBench, way: FileWay): Promise<Check> {
  let session: FileSession;
  try {
    session = await nodeFileSession(way.file, { threads: bench.problem.runtime.threads });
  } catch (error) {
    return unproven(cannotRun(error));
  }
  try {
    return await new FileLoss(bench, way, session).outcome();
  } finally {
    await session.release();
  }
}

/** The file and the problem on the same examples. */
class FileLoss {
  private readonly bench: ProofBench;
  private readonly way: FileWay;
  private readonly session: FileSession;
  private readonly examples: Int32Array;
  private readonly labels: Tensor;
  /** With the examples first, for the imported graph, and as the file takes it. */
  private readonly feeding: Feeding;
  private readonly filed: Feeding;
  private readonly missing: string | undefined;
  private readonly output: string;
  /** Of the file's arithmetic, and of the coarser of both. */
  private readonly ofFile: number;
  private readonly roundoff: number;

  constructor(bench: ProofBench, way: FileWay, session: FileSession) {
    const { problem, device } = bench;
    const { dataset, options } = problem;
    this.bench = bench;
    this.way = way;
    this.session = session;
    const { size } = proofBatchSize(problem, way.model);
    // From all over the data, the first and the last among them; again and again where the file takes more than there are.
    const last = dataset.examples - 1;
    this.examples = Int32Array.from({ length: size }, (_, i) =>
      size > dataset.examples ? i % dataset.examples : Math.floor((i * last) / Math.max(1, size - 1)),
    );
    if (size === 1) this.examples[0] = last;
    const { inputs, y } = takeExamples(dataset, this.examples).batch(0, size);
    this.labels = asFed(y, options.precision);
    const given = new Map(Object.entries(inputs));
    this.missing = session.inputs.find(({ name }) => !given.has(name))?.name;
    const fed = (axisOf: (name: string) => number): Feeding =>
      new Map(
        session.inputs.flatMap(({ name, seen }) => {
          const input = given.get(name);
          if (!input) return [];
          const { shape, data } = withExamplesAt(input, axisOf(name));
          return [[name, { shape, data: seen(data) }] as const];
        }),
      );
    this.feeding = fed(() => 0);
    this.filed = fed((name) => options.examplesAxes?.get(name) ?? 0);
    this.output = options.output ?? [...problem.network.imported.outputs.keys()][0];
    // Kernels and constants of a float64 file may be in float32.
    this.ofFile = narrowRoundoff(way.model, session) ?? roundoffOf("float32");
    this.roundoff = Math.max(this.ofFile, roundoffOf(options.precision)) * (device === "cpu" ? 1 : DEVICE);
  }

  async outcome(): Promise<Check> {
    const { problem, random } = this.bench;
    if (this.missing !== undefined) return unproven(`the data hold nothing for its input ${this.missing}`);
    if (!this.session.outputs.includes(this.output))
      return unproven(`its output ${this.output} is no tensor of numbers`);
    const z = await this.run();
    if ("reason" in z) return unproven(z.reason);
    await using point = problem.at(problem.point.parameters, { examples: this.examples });
    const plain = this.evaluate(z);
    const { losses, accuracy } = await this.ofProblem(point);
    const pair: LossPair = { examples: this.examples, plain, losses, accuracy, terms: point.sample.terms };
    const samples: LossSample[] = Array.from({ length: GRAINS }, (_, i) => ({
      plain: this.evaluate(movedByGrain(z, this.ofFile, random.split(`grain ${i}`))),
    }));
    // By way of probabilities, or inside of the file, a loss is known to no more than a grain of 1.
    if (problem.network.fileOutputKind !== "logits" || problem.options.loss.givesLossOnly === true)
      samples.push({ losses: losses.map((x, i) => x + this.ofFile * plain.counts[i]) });
    let findings = compareLoss(pair, samples, this.roundoff);
    const passes = () => findings.every(({ measured, limit }) => measured <= limit);
    if (!passes()) {
      for await (const sample of this.samples()) {
        samples.push(sample);
        findings = compareLoss(pair, samples, this.roundoff);
        if (passes()) break;
      }
    }
    const { measured, limit, fault, unresolved } = worstOf(findings);
    if (!passes() || unresolved) {
      const again = await this.run();
      if ("reason" in again || again.data.some((x, i) => !Object.is(x, z.data[i])))
        return unproven("two runs of the file differ: it draws random numbers");
    }
    const found = { name: NAME, title: TITLE, measured, limit };
    if (!passes()) return { ...found, passed: false, detail: `The loss is not that of the file: ${fault}` };
    if (unresolved) return unproven("rounding alone changes the loss of each by as much as it is");
    return {
      ...found,
      passed: true,
      detail: `The loss of ${formatCounted(this.examples.length, "example")} by its definition, in float64 from what ONNX Runtime gives when it runs the file, against that of the problem, and the right predictions; the limit is what rounding explains of the one that is nearest to it.`,
    };
  }

  /** The output of the file, the examples first. */
  private async run(): Promise<Tensor | { readonly reason: string }> {
    let outputs: Awaited<ReturnType<FileSession["run"]>>;
    try {
      outputs = await this.session.run(this.filed, [this.output]);
    } catch (error) {
      return { reason: cannotRun(error) };
    }
    const found = outputs.get(this.output);
    if (!found) return { reason: `the file gives no ${this.output}` };
    const z = tensor("float64", found.shape, Float64Array.from(found.data));
    return withExamplesFirst(z, this.bench.problem.options.outputExamplesAxis ?? 0);
  }

  private evaluate(z: Tensor): PlainTerms {
    const { network } = this.bench.problem;
    const { loss, options } = network.graph;
    return loss.evaluate(z, this.labels, { ...options, outputKind: network.fileOutputKind });
  }

  private async ofProblem(point: Point): Promise<{ losses: Float64Array; accuracy: number | undefined }> {
    const losses = new Float64Array(point.examples).fill(Number.NaN);
    let right: number | undefined;
    await point.eachBatch(LOSSES, {}, ({ start }, [each, count]) => {
      losses.set(each.data, start);
      if (count) right = (right ?? 0) + count.data[0];
    });
    return { losses, accuracy: right === undefined ? undefined : right / point.sample.predictions };
  }

  /** What rounding does: at parameters moved by grains, in the other precision, and with every step of the file rounded. */
  private async *samples(): AsyncGenerator<LossSample> {
    const { problem, random } = this.bench;
    const { parameters, dimension } = problem.point;
    for (const [i, size] of SHAKES.entries()) {
      const signs = random.split(`shake ${i}`).rademacherVector(dimension);
      const moved = parameters.map((x, j) => x * (1 + 2 * size * this.roundoff * signs[j]));
      await using there = problem.at(moved, { examples: this.examples });
      yield { losses: (await this.ofProblem(there)).losses };
    }
    // A device may not have what it takes.
    if (this.bench.device !== "cpu") return;
    const own = this.way.precision ?? ownPrecision(this.way.model);
    await using stepwise = await this.imported(own, true);
    const from = await stepwise.evaluated();
    if (own === "float32" && isAffordable(this.way.model)) {
      await using wide = await this.imported("float64", false);
      yield { plain: await wide.evaluated(), from };
    }
    const size = STEPWISE_UNITS * this.ofFile;
    for (let i = 0; i < STEPWISE; i++)
      yield { plain: await stepwise.evaluated({ size, random: random.split(`step ${i}`) }), from };
  }

  /** The imported graph of the file in some precision, and what the definition of the loss makes of its output. */
  private async imported(precision: FloatType, stepwise: boolean) {
    const { problem } = this.bench;
    const { freeze, parameters, examplesAxes, outputExamplesAxis = 0 } = problem.options;
    const inputShapes = Object.fromEntries([...this.feeding].map(([name, { shape }]) => [name, shape]));
    const importing = { freeze, parameters, examplesAxes, batch: this.examples.length, inputShapes };
    const outputs = await importedOutputs(this.way.model, importing, precision, problem.runtime, { stepwise });
    return {
      evaluated: async (noise?: { readonly size: number; readonly random: RandomStream }) => {
        const data = (await outputs.run(this.feeding, noise)).get(this.output);
        const shape = outputs.shapes.get(this.output);
        if (!data || !shape) throw new RangeError(`the imported graph has no output ${this.output}`);
        return this.evaluate(withExamplesFirst(tensor(precision, shape, data), outputExamplesAxis));
      },
      [Symbol.asyncDispose]: () => outputs.release(),
    };
  }
}

function unproven(reason: string): Check {
  return {
    name: NAME,
    title: TITLE,
    passed: null,
    measured: Number.NaN,
    limit: Number.NaN,
    detail: `The loss is not compared with that of the file's own outputs: ${reason}.`,
  };
}
