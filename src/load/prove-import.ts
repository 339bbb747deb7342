import { withExamplesAt } from "../data/examples-first.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { ImportOptions } from "../onnx/import-options.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { FileOutput, FileSession } from "../runtime/file-session.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { formatNumber } from "../util/format-number.ts";
import { sizeOf, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { compareOutput, type Sample, type WorstElement } from "./compare-outputs.ts";
import { type Feeding, type ImportedOutputs, importedOutputs } from "./imported-outputs.ts";
import { messageOf } from "../util/message-of.ts";
import { sameShape } from "../graph/broadcast.ts";
import { maxOf } from "../util/extremes.ts";

const NAME = "import";
const TITLE = "The imported graph against the file";

/** Unit roundoffs of the arithmetic that a file may be written for. */
const FLOAT32 = 2 ** -24;
const NARROW: Readonly<Record<string, number>> = { float16: 2 ** -11, bfloat16: 2 ** -8 };

/** Parameters beyond which a second copy of them in float64 takes more memory than the proof is worth. */
const MOST_PARAMETERS = 2 ** 27;
/** Runs at inputs and weights that are changed by some units in the last place, before a difference counts. */
const SHAKES = 6;
const SHAKE_UNITS = 4;
/** Runs with the rounding of every step of the file, where those at inputs and weights do not explain a difference. */
const STEPWISE = 3;
const STEPWISE_UNITS = 2;

/** A batch: examples from `start` on; repeated from the first where the file takes more than there are. */
export interface ProofBatch {
  readonly start: number;
  readonly size: number;
}

/** What one batch showed; a reason where it could show nothing. */
type Outcome = { readonly worst: WorstElement } | { readonly reason: string } | { readonly misfit: string };

/** A file beside the graph that it is imported as. */
export interface ImportSubject {
  readonly model: ModelFile;
  readonly session: FileSession;
  /** Runs the imported graph. */
  readonly runtime: Runtime;
  /** The arithmetic of the file; that of its weights and inputs when absent. */
  readonly precision?: FloatType;
  readonly importing: Pick<ImportOptions, "freeze" | "parameters" | "rules" | "examplesAxes" | "draws">;
  /** Real data for the inputs, by the names of the file. */
  feeding(batch: ProofBatch): ReadonlyMap<string, Tensor>;
  readonly random: RandomStream;
}

/**
 * The file as it is, run by ONNX Runtime on real data, against the graph that it was imported as: all
 * outputs, before any final softmax is taken off, in the model's own precision. What rounding explains is
 * measured at the same batch: by the imported graph in the other precision, at inputs and weights changed in the last
 * place, and at last with every step of the file rounded, as the file's own form may lose what ours keeps: log σ(x)
 * has the rounding of 1, −log(1 + e⁻ˣ) that of itself. Cost: some forward passes.
 */
export async function proveImport(subject: ImportSubject, batches: readonly ProofBatch[]): Promise<Check> {
  let worst: WorstElement | undefined;
  const proven: ProofBatch[] = [];
  for (const batch of batches) {
    const outcome = await new BatchProof(subject, batch).outcome();
    if ("reason" in outcome) {
      // A file may take one batch size only, whatever it declares.
      if (proven.length > 0) continue;
      return unproven(outcome.reason);
    }
    proven.push(batch);
    if ("misfit" in outcome) return differs(outcome.misfit, Number.POSITIVE_INFINITY, 0);
    if (!worst || ratio(outcome.worst) > ratio(worst)) worst = outcome.worst;
  }
  return worst ? verdict(worst, proven) : unproven("there is no batch to run");
}

function ratio({ measured, limit, unresolved }: WorstElement): number {
  return measured === 0 ? -1 / (1 + unresolved) : measured / limit;
}

/** The file and the imported graph on one batch, with as many samples of rounding as it takes to tell. */
class BatchProof {
  private readonly subject: ImportSubject;
  private readonly batch: ProofBatch;
  private readonly precision: FloatType;
  /** With the examples first, for the imported graph, and as the file takes it. */
  private readonly feeding: Feeding;
  private readonly filed: Feeding;
  private readonly random: RandomStream;
  private readonly samples: ReadonlyMap<string, Sample>[] = [];

  constructor(subject: ImportSubject, batch: ProofBatch) {
    this.subject = subject;
    this.batch = batch;
    this.precision = subject.precision ?? ownPrecision(subject.model);
    this.random = subject.random.split(`batch ${batch.start} ${batch.size}`);
    const given = subject.feeding(batch);
    const fed = (axisOf: (name: string) => number): Feeding =>
      new Map(
        subject.session.inputs.flatMap(({ name, seen }) => {
          const tensor = given.get(name);
          if (!tensor) return [];
          const { shape, data } = withExamplesAt(tensor, axisOf(name));
          return [[name, { shape, data: seen(data) }] as const];
        }),
      );
    this.feeding = fed(() => 0);
    this.filed = fed((name) => subject.importing.examplesAxes?.get(name) ?? 0);
  }

  async outcome(): Promise<Outcome> {
    const unfed = this.subject.session.inputs.find(({ name }) => !this.feeding.has(name));
    if (unfed) return { reason: `the data hold nothing for its input ${unfed.name}` };
    let imported: ImportedOutputs;
    try {
      imported = await this.import(this.precision);
    } catch (error) {
      if (!(error instanceof ThalwegError) || error.kind !== "input") throw error;
      return { reason: `it cannot be read for a batch of ${this.batch.size} (${error.message.replace(/\.$/, "")})` };
    }
    let other: ImportedOutputs | undefined;
    let stepwise: ImportedOutputs | undefined;
    try {
      const names = [...imported.shapes.keys()].filter((name) => this.subject.session.outputs.includes(name));
      if (names.length === 0)
        return { reason: "none of its outputs is a tensor of numbers that the imported graph has too" };
      let file: ReadonlyMap<string, FileOutput>;
      try {
        file = await this.subject.session.run(this.filed, names);
      } catch (error) {
        return { reason: cannotRun(error) };
      }
      const values = await imported.run(this.feeding);
      const misshapen = names.find((name) => {
        const [there, here] = [file.get(name)?.shape, imported.shapes.get(name)];
        return there === undefined || here === undefined || !sameShape(there, here);
      });
      if (misshapen !== undefined) return misfit(misshapen, file, imported);
      const judge = (roundoff: number) => this.worstOf(names, file, values, imported.shapes, roundoff);

      let worst = judge(FLOAT32 / 4);
      if (passes(worst)) return { worst: judge(FLOAT32) };
      if (this.precision === "float32" && isAffordable(this.subject.model)) {
        other = await this.import("float64");
        this.samples.push(await other.run(this.feeding));
      }
      await this.shake(imported, FLOAT32, 1);
      worst = judge(FLOAT32);
      for (let i = 0; i < SHAKES && !passes(worst); i++) {
        await this.shake(i % 2 === 0 ? (other ?? imported) : imported, SHAKE_UNITS * FLOAT32, i + 2);
        worst = judge(FLOAT32);
      }
      if (!passes(worst)) {
        stepwise = await this.import(this.precision, { stepwise: true });
        for (let i = 0; i < STEPWISE && !passes(worst); i++) {
          await this.shake(stepwise, STEPWISE_UNITS * FLOAT32, i + 2 + SHAKES);
          worst = judge(FLOAT32);
        }
      }
      let roundoff = FLOAT32;
      const narrow = narrowRoundoff(this.subject.model, this.subject.session);
      if (!passes(worst) && narrow !== undefined) {
        roundoff = narrow;
        for (let i = 0; i < 2; i++) await this.shake(imported, roundoff, i + 2 + SHAKES + STEPWISE);
        worst = judge(roundoff);
      }
      if (!passes(worst)) {
        const again = await this.subject.session.run(this.filed, names);
        const drawn = this.worstOf(
          names,
          again,
          new Map([...file].map(([name, { data }]) => [name, data])),
          imported.shapes,
          roundoff,
          [],
        );
        if (!passes(drawn)) return { reason: `two runs of it differ (output ${drawn.name}): it draws random numbers` };
      } else if (worst.unresolved === worst.elements && worst.elements > 0) {
        return { reason: `rounding alone changes the output ${worst.name} by as much as it is` };
      }
      return { worst };
    } finally {
      await imported.release();
      await other?.release();
      await stepwise?.release();
    }
  }

  private import(precision: FloatType, { stepwise = false } = {}): Promise<ImportedOutputs> {
    const { model, importing, runtime } = this.subject;
    const inputShapes = Object.fromEntries([...this.feeding].map(([name, { shape }]) => [name, shape]));
    return importedOutputs(model, { ...importing, batch: this.batch.size, inputShapes }, precision, runtime, {
      stepwise,
    });
  }

  private async shake(imported: ImportedOutputs, size: number, number: number): Promise<void> {
    this.samples.push(await imported.run(this.feeding, { size, random: this.random.split(`shake ${number}`) }));
  }

  private worstOf(
    names: readonly string[],
    file: ReadonlyMap<string, FileOutput>,
    imported: ReadonlyMap<string, Sample>,
    shapes: ReadonlyMap<string, Shape>,
    roundoff: number,
    samples: readonly ReadonlyMap<string, Sample>[] = this.samples,
  ): WorstElement {
    const all = names.map((name) =>
      compareOutput(
        {
          name,
          shape: shapes.get(name) ?? [],
          file: file.get(name)?.data ?? [],
          imported: imported.get(name) ?? [],
        },
        samples.flatMap((sample) => {
          const values = sample.get(name);
          return values === undefined ? [] : [values];
        }),
        roundoff,
      ),
    );
    return all.reduce((most, each) => (ratio(each) > ratio(most) ? each : most));
  }
}

/** Whether a second copy of the parameters in float64 is worth its memory. */
export function isAffordable({ parameters }: ModelFile): boolean {
  return parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0) <= MOST_PARAMETERS;
}

function passes({ beyond }: WorstElement): boolean {
  return beyond === 0;
}

/** The widest float type that the file computes in. */
export function ownPrecision(model: ModelFile): FloatType {
  return [...model.parameters, ...model.inputs].some(({ dtype }) => dtype === "float64") ? "float64" : "float32";
}

/** The roundoff of the narrowest float type that the file holds or takes, below float32. */
export function narrowRoundoff(model: ModelFile, session: FileSession): number | undefined {
  const stored = [...model.tensors.values()].map(({ storedAs }) => storedAs);
  const sizes = [...new Set([...stored, ...session.types])].flatMap((type) =>
    Object.hasOwn(NARROW, type) ? NARROW[type] : [],
  );
  return sizes.length === 0 ? undefined : maxOf(sizes);
}

function misfit(name: string, file: ReadonlyMap<string, FileOutput>, imported: ImportedOutputs): Outcome {
  const shown = (shape: Shape = []) => `[${shape.join(", ")}]`;
  return {
    misfit: `its output ${name} has the shape ${shown(imported.shapes.get(name))}, and ${shown(file.get(name)?.shape)} when ONNX Runtime runs the file`,
  };
}

export function cannotRun(error: unknown): string {
  const words = messageOf(error);
  return `ONNX Runtime cannot run the file (${words.length > 300 ? `${words.slice(0, 300)}…` : words})`;
}

/** The check where the proof cannot be made. */
export function unproven(reason: string): Check {
  return {
    name: NAME,
    title: TITLE,
    passed: null,
    measured: Number.NaN,
    limit: Number.NaN,
    detail: `The import is not proven: ${reason}.`,
  };
}

function differs(how: string, measured: number, limit: number): Check {
  const detail = `The imported graph is not the file's: ${how}.`;
  return { name: NAME, title: TITLE, passed: false, measured, limit, detail };
}

function verdict(worst: WorstElement, batches: readonly ProofBatch[]): Check {
  const { name, position, file, imported, measured, limit, beyond, elements } = worst;
  if (beyond > 0) {
    const where = position.length === 0 ? name : `${name}[${position.join(", ")}]`;
    return differs(
      `${where} is ${formatNumber(file, 9)} when ONNX Runtime runs the file and ${formatNumber(imported, 9)} in the imported graph; ${beyond} of ${elements} elements differ by more than rounding explains`,
      measured,
      limit,
    );
  }
  const examples = batches.reduce((sum, { size }) => sum + size, 0);
  return {
    name: NAME,
    title: TITLE,
    passed: true,
    measured,
    limit,
    detail: `Every output of the file, as ONNX Runtime runs it on ${examples} ${examples === 1 ? "example" : "examples"}, against that of the imported graph, relative to the typical size of the output; the limit is what rounding explains at the element that is nearest to it.`,
  };
}
