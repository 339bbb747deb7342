import type { NamedResult } from "../compare/compare-results.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ByteSource } from "../files/byte-source.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { ImportOptions } from "../onnx/import-options.ts";
import type { ForwardLoss } from "../problem/forward-loss.ts";
import type { Problem } from "../problem/problem.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import type { Frame } from "../result/envelope.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { NamedToy } from "../toys/named-toy.ts";
import type { Tensor } from "../util/tensor.ts";

/** What an experiment is about, opened and ready. */
export interface Subjects {
  readonly none: EngineSubject;
  readonly problem: ProblemSubject;
  /** What can be walked on. */
  readonly ground: ProblemSubject | ToySubject;
  readonly checkpoints: CheckpointsSubject;
  /** Checkpoints whose losses can be had, and where the graph lets them, their derivatives. */
  readonly path: CheckpointsSubject | ForwardCheckpointsSubject;
  /** A network, where one is named. */
  readonly network: NetworkSubject;
  readonly model: ModelSubject;
  readonly described: DescribedSubject;
  readonly results: ResultsSubject;
}

export type SubjectKind = keyof Subjects;

/** Nothing that was given, and an engine for what an experiment brings itself. */
export interface EngineSubject {
  readonly runtime: Runtime;
}

/** A function whose ground is known. */
export interface ToySubject {
  readonly toy: NamedToy;
}

/** What may be about a network. */
export interface NetworkSubject {
  readonly problem: Problem | undefined;
  readonly network: ProblemSubject | undefined;
}

export interface ProblemSubject {
  readonly problem: Problem;
  /**
   * The weights of this network in another file: .safetensors, .npz, or an ONNX file of the same network.
   *
   * @throws ThalwegError of kind "input" where the file is not there, not whole, or of another network
   */
  weightsOf(path: string): OtherWeights;
  /** The file of the network with other tensors in it, by name; undefined where they cannot be put into it. */
  fileWith(tensors: ReadonlyMap<string, Tensor>): Uint8Array | undefined;
}

/** The weights of the network of a problem in another file. */
export interface OtherWeights {
  readonly path: string;
  readonly sha256: string;
  /** Files that it keeps weights in, each with its own hash. */
  readonly beside: Opened<unknown>["inputs"];
  /** In the space of the problem, number for number as the file has them. */
  readonly theta: Float64Array;
  /** The network with everything that the file holds for it: statistics and constants, too. */
  readonly model: ModelFile;
  /**
   * What the problem is at θ, for people: the path, where that is the network that was saved there; else with how much stays
   * the model's own. Cost: the graph is built once, where any tensor beside the parameters differs.
   */
  name(): string;
  /** Tensors that are no parameters of the problem and hold other numbers than the model's, which stay. */
  readonly differing: readonly string[];
  /** What may keep the problem at θ from being the network that was saved there. */
  readonly doubts: readonly Doubt[];
}

export interface Doubt {
  /** Tensors beside the parameters that differ, statistics that the file lacks, or tensors that the model has no place for. */
  readonly about: "differing" | "statistics" | "left out";
  /** A sentence. */
  readonly text: string;
}

/** Files of weights in the order in which they were named first, each once. */
export interface NamedCheckpoints {
  readonly checkpoints: readonly Checkpoint[];
  /** Those that were named more than once. */
  readonly namedAgain: readonly string[];
}

/** One network at many weights. */
export interface CheckpointsSubject extends ProblemSubject, NamedCheckpoints {
  /** At the weights of the first that did not diverge. */
  readonly problem: Problem;
  /**
   * One of them opened anew, with its own statistics and constants; to be closed.
   *
   * @throws what opening it throws; input error `not-finite` for one that diverged, `file-changed`
   */
  at(checkpoint: Checkpoint): Promise<Opened<ProblemSubject>>;
}

/** A network that can only be run forward, at some weights. */
export interface ForwardSubject {
  readonly forward: ForwardLoss;
  /** As {@link ProblemSubject.weightsOf}. */
  weightsOf(path: string): OtherWeights;
}

/** One network that can only be run forward, at many weights. */
export interface ForwardCheckpointsSubject extends ForwardSubject, NamedCheckpoints {
  /** Why it has no derivatives, in a sentence. */
  readonly because: string;
  /** As {@link CheckpointsSubject.at}. */
  at(checkpoint: Checkpoint): Promise<Opened<ForwardSubject>>;
}

/** A file of weights as it was when the run began. */
export interface Checkpoint {
  readonly weights: string;
  readonly sha256: string;
}

/** A file as it is, without data. */
export interface ModelSubject {
  readonly model: ModelFile;
  readonly path: string;
  readonly sha256: string;
  /** What was done to it when it was read, in sentences. */
  readonly notes: readonly string[];
  readonly importing: Omit<ImportOptions, "batch">;
  /** The output that counts; the first when absent. */
  readonly output: string | undefined;
}

/** A network whose loss is known, if only by the shapes of its data. */
export interface DescribedSubject {
  readonly model: ModelFile;
  /** Examples, or what stands for them. */
  readonly dataset: Dataset;
  readonly options: ProblemOptions;
  /** Examples in a pass. */
  readonly batch: number;
  /** Undefined where no data are given. */
  readonly problem: Problem | undefined;
  readonly runtime: Runtime;
}

/** Results of earlier runs. */
export interface ResultsSubject {
  readonly results: readonly NamedResult[];
  /** Flags that have no part in any number. */
  readonly ignored: ReadonlySet<string>;
}

/** A subject with where it comes from. */
export interface Opened<Subject> {
  readonly subject: Subject;
  /** Every file that is read, with the hash of its bytes. */
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  /** Its part of the envelope; asked at the end, when it is known which files changed meanwhile. */
  origin(): Origin;
  close(): Promise<void>;
}

/** What the envelope says of the subject; the checks are those made when it was opened. */
export type Origin = Pick<Frame, "model" | "data" | "loss" | "precision" | "runtime" | "checks" | "warnings">;

/** Values of flags by name, after defaults. */
export type Options = Readonly<Record<string, unknown>>;

/** What is to be opened. */
export interface Request {
  /** Positional arguments as they were given: the model's path. */
  readonly arguments: readonly string[];
  readonly options: Options;
  /** How much is proven when a problem is opened; one batch when absent. */
  readonly proofs?: "one-batch" | "several-batches";
  /** Whether one engine has all threads, for what runs one graph after the other; else several may share them. */
  readonly oneEngine?: boolean;
  /** The files of the run with the hashes of when it began: those among them that are read must hold the same bytes. */
  readonly begun?: Opened<unknown>["inputs"];
}

/** Opens subjects of every kind: files and engines are the business of whoever starts a run. */
export type Openers = { readonly [Kind in SubjectKind]: (request: Request) => Promise<Opened<Subjects[Kind]>> };

/** A file that is read besides a subject. */
export interface OpenedFile extends ByteSource {
  readonly sha256: string;
  /** Files that it keeps part of its content in. */
  readonly beside: Opened<unknown>["inputs"];
  close(): void;
}
