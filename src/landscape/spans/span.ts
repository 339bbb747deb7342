import type { LinearOperator } from "../../operators/linear-operator.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { OtherWeights } from "../../runs/subject.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { Normalization } from "../normalizations/normalization.ts";

/** Where axes are looked for. */
export interface Site {
  readonly problem: Problem;
  /** The weights of the network in another file. */
  weightsOf(path: string): OtherWeights;
  /** The same in every task of a run. */
  readonly random: RandomStream;
  /** H at the weights of the problem. */
  hessian(): LinearOperator;
  readonly context: RunContext;
}

/** A way to choose directions from the weights: a line takes one, a plane two. */
export interface Span {
  readonly name: string;
  /** As it is typed: "eig:1 or eig:1,2". */
  readonly usage: string;
  /** Half a sentence. */
  readonly summary: string;
  /** What follows the colon, for so many axes; undefined for what cannot be had: then `usage` says what can. */
  parse(text: string | undefined, axes: number): readonly string[] | undefined;
  /** Which of the words are files. */
  files(words: readonly string[]): readonly string[];
  /** Whether other seeds give other directions. */
  readonly isRandom?: boolean;
  /** Whether directions are kept once they are found, as they cost more than their bytes. */
  readonly isCostly?: boolean;
  /** The normalisation where none is asked for. */
  readonly usual: Normalization;
  /** Why no other is possible, as a sentence. */
  readonly fixed?: string;
  /** The range of an axis where none is asked for; where it is absent, one that holds all that is marked. */
  readonly range?: string;
  open(site: Site, words: readonly string[], axes: number): Promise<Directions>;
}

/** Directions as they were found. */
export interface Directions {
  /** θ where all coordinates are 0; the problem's own where absent. */
  readonly origin?: Float64Array;
  readonly vectors: readonly Float64Array[];
  /** What each is, for the title of its axis: "λ₁ = 3.46, distance". */
  readonly titles: readonly string[];
  readonly marks: readonly Marked[];
  /** What was found on the way, in sentences. */
  readonly notes: readonly string[];
  /** What may spoil it. */
  readonly warnings: readonly string[];
  readonly converged: boolean;
}

/** Weights to be shown where they lie, or nearest. */
export interface Marked {
  readonly name: string;
  readonly theta: Float64Array;
  /** Where they lie by definition: a point there has exactly these weights. */
  readonly at?: readonly number[];
}

/** What is said of weights that are not quite the network that was saved, each once. */
export function doubtsOf(others: readonly OtherWeights[]): string[] {
  return [...new Set(others.flatMap(({ doubts }) => doubts.map(({ text }) => text)))];
}

/** Words between commas; a backslash keeps one that belongs to a name. */
export function listed(text: string | undefined): string[] {
  return (text ?? "").split(/(?<!\\),/).map((part) => part.trim().replaceAll("\\,", ","));
}

export const NO_MARKS = { marks: [], notes: [], warnings: [], converged: true } as const;
