import type { Problem } from "../problem/problem.ts";
import type { Frame } from "../result/envelope.ts";

/** What an experiment is about, opened and ready. */
export interface Subjects {
  readonly none: object;
  readonly problem: ProblemSubject;
  readonly checkpoints: CheckpointsSubject;
}

export type SubjectKind = keyof Subjects;

export interface ProblemSubject {
  readonly problem: Problem;
}

/** One network at many weights. */
export interface CheckpointsSubject extends ProblemSubject {
  /** At the weights of the first. */
  readonly problem: Problem;
  readonly checkpoints: readonly Checkpoint[];
}

/** A file of weights as it was when the run began. */
export interface Checkpoint {
  readonly weights: string;
  readonly sha256: string;
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
}

/** Opens subjects of every kind: files and engines are the business of whoever starts a run. */
export type Openers = { readonly [Kind in SubjectKind]: (request: Request) => Promise<Opened<Subjects[Kind]>> };
