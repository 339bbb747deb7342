import type { z } from "zod";
import { type Drawing, draw } from "../figures/draw.ts";
import type { Figure, FigureFamily, FigureKind } from "../figures/figure.ts";
import type { ByteSource } from "../files/byte-source.ts";
import type { Problem } from "../problem/problem.ts";
import { type Speaker, Vocabulary, wordsOf } from "../quantities/vocabulary.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check, Frame } from "../result/envelope.ts";
import type { NamedArrays } from "../result/named-arrays.ts";
import type { ShownSection } from "../result/shown-section.ts";
import { requireUnique } from "../util/require-unique.ts";
import type { RunContext } from "../util/run-context.ts";
import type { Argument } from "./argument.ts";
import { type Output, RUN_FOLDER } from "./output.ts";
import type { Plan } from "./plan.ts";
import type { Opened, Openers, Options, Origin, Request, SubjectKind, Subjects } from "./subject.ts";
import type { AnyTaskKind, TaskKind } from "./task.ts";

/** A page beside a report, about a part of its result that is a result of another experiment. */
export interface Page {
  /** Its name: "A7.html". */
  readonly file: string;
  /** The kind of document that the part is the result of. */
  readonly of: string;
  readonly result: unknown;
}

/** What surrounds an experiment while it measures. */
export interface Desk {
  readonly random: RandomStream;
  /** Big arrays, kept beside the result. */
  readonly arrays: NamedArrays;
  readonly context: RunContext;
  /** Told of figures whose numbers are there, so that they are drawn meanwhile. */
  readonly drawn?: (figures: readonly Figure[]) => void;
  /** Whether the time of the run is limited: its tasks share it. */
  readonly hasBudget: boolean;
  /** Whether the time of the whole run is spent, or somebody asked it to end: for tasks that hang on each other. */
  readonly isOutOfTime: () => boolean;
  /** Leaves a file of `beside` where the run goes, as soon as it is there; does nothing where it goes nowhere yet. */
  leave(name: string, content: Iterable<Uint8Array>): void;
  /** Milliseconds: the only source of time. */
  readonly clock: () => number;
  /** What was found when the subject was opened. */
  readonly origin: Origin;
  /** Everything that was asked, as what it uses takes it. */
  readonly options: Options;
  /** Where the file goes that it makes, where it makes one. */
  readonly output: string | null;
  /** A file that it declares to read, open. */
  file(path: string): ByteSource;
  /** The results of tasks, in the order of their inputs: from the store where they are done, else done by the executor. Where the time is limited, the tasks of one call share what their kind has of it: each kind is asked for once. */
  tasks<Input, Result>(kind: TaskKind<Input, Result>, inputs: readonly Input[]): Promise<Result[]>;
}

/** What an experiment hands back. */
export interface Measured<Result> {
  readonly result: Result;
  /** Whether everything reached its tolerance. */
  readonly converged: boolean;
  /** What was proven of what was computed, besides the checks of every run. */
  readonly checks?: readonly Check[];
  /** What may spoil the result, besides what was found when its subject was opened. */
  readonly warnings?: readonly string[];
  /** What was found when its tasks opened their subjects, where that says more than the run's own. */
  readonly opened?: Pick<Origin, "checks" | "warnings">;
  /** What failed by a fault of ours while the rest went on. */
  readonly faults?: readonly Error[];
  /** Files for the folder of the run, by name, besides those of every run. */
  readonly beside?: readonly (readonly [name: string, content: Iterable<Uint8Array>])[];
  /** What the file holds that it writes, where it writes one. */
  readonly file?: Uint8Array | Iterable<Uint8Array>;
}

/** What an experiment is, and how it runs: what is absent does not apply to it, and the command line has no flag for it. */
interface Description {
  /** Unique. */
  readonly name: string;
  /** The verb that asks for it, where that has another name: several experiments may answer one verb. */
  readonly verb?: string;
  /** Half a sentence, for the list of verbs. */
  readonly summary: string;
  readonly description?: string;
  /** What help lists below: the choices that need a word each. */
  readonly choices?: readonly { readonly name: string; readonly summary: string }[];
  readonly arguments: readonly Argument[];
  /** Whole command lines with what they do. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** A folder of its own when absent. */
  readonly writes?: Output;
  /** Whether it draws numbers at random: it takes a seed. */
  readonly isRandom?: boolean;
  /** Whether the seed draws the weights of a built-in network, too, whose name says none. */
  readonly drawsWeights?: boolean;
  /** Whether it ends with what it has once its time is spent or somebody asks it to; else it is stopped, and has nothing. */
  readonly endsEarly?: boolean;
  /** Whether it looks at held-out examples, too. */
  readonly readsHeldOut?: boolean;
  /** How much is proven when its subject is opened; one batch when absent. */
  readonly proofs?: Request["proofs"];
  /** Whether the checks of every run, of its subject, belong to it: first, or while it waits; or whether checks are what it finds. */
  readonly checks?: "every-run" | "result";
  /** Whether its numbers are times, which never come out twice the same. */
  readonly findsTimes?: boolean;
  /** Whether it is this one that answers the verb, where several do; of those that say nothing the first answers else. */
  answers?(request: Pick<Request, "arguments" | "options">): boolean;
  /**
   * Looks at the options before anything is opened.
   *
   * @throws ThalwegError of kind "usage"
   */
  validate?(options: Options): void;
  /** The files that it reads besides its subject. */
  reads?(options: Options): readonly string[];
  /** Options with files in the place of what stands for them. */
  expand?(options: Options, filesOf: (patterns: readonly string[]) => readonly string[]): Options;
  /** Words that lead to subjects elsewhere and are its own here: its subject is opened without them. */
  readonly ownWords?: readonly string[];
}

interface Definition<
  Name extends string,
  Result extends z.ZodType,
  Kind extends SubjectKind,
  Parameters extends z.ZodObject,
> extends Description {
  /** Of the documents that it writes, `thalweg/<document>@1`. */
  readonly document: Name;
  /** The shape of what it finds. */
  readonly result: Result;
  readonly figures?: readonly FigureKind<z.output<Result>>[] | FigureFamily<z.output<Result>>;
  /**
   * The result in words, numbers and tables, as report and command line show it; absent where the result holds that itself.
   *
   * @param frame what the envelope says besides
   */
  show?(result: z.output<Result>, frame: Frame): ShownSection[];
  /** Files that the result is about besides the model, as the heading of a report names them; none when absent. */
  others?(result: z.output<Result>): readonly string[];
  /** What a report of it is headed with, where it is about no network. */
  heading?(result: z.output<Result>): string;
  /** Parts of it that have a page of their own beside the report. */
  pages?(result: z.output<Result>): readonly Page[];
  readonly subject: Kind;
  /** Of its own, besides what leads to the subject. */
  readonly parameters: Parameters;
  /** Whose parameters it takes besides: the instruments that it lets measure. */
  readonly uses?: readonly Speaker[];
  readonly tasks?: readonly AnyTaskKind[];
  /**
   * What it would do; absent where nothing is computed on data, and undefined of a subject without.
   *
   * @param budget whether there is one for the time, which may change what comes first
   */
  plan?(subject: Subjects[Kind], options: Options, budget: Pick<RunContext, "hasBudget">): Plan | undefined;
  /** Whether it waits for another thread, in which time the context's `meanwhile` is done; never when absent. */
  waits?(subject: Subjects[Kind], options: Options, budget: Pick<RunContext, "hasBudget">): boolean;
  measure(subject: Subjects[Kind], options: z.output<Parameters>, desk: Desk): Promise<Measured<z.output<Result>>>;
}

/** One question that a person asks. Everything around it (plan, checks, folder, report, exit code) is `execute`'s. */
export interface Experiment<Name extends string = string, Result extends z.ZodType = z.ZodType> extends Description {
  readonly document: Name;
  readonly result: Result;
  readonly writes: Output;
  /** The figures of a result as its file holds it. */
  draw(json: unknown): Drawing;
  /** A result as its file holds it, as it is shown; null where it holds that itself. */
  present(json: unknown, frame: Frame): ShownSection[] | null;
  /** Files that a result as its file holds it is about besides the model; absent where there never are any. */
  others?(json: unknown): readonly string[];
  heading?(json: unknown): string;
  pages?(json: unknown): readonly Page[];
  readonly subject: SubjectKind;
  /** Its own, and those of what it uses, by name. */
  readonly parameters: z.ZodObject;
  /** Itself and what it uses, each with its parameters. */
  readonly speakers: readonly Speaker[];
  readonly tasks: readonly AnyTaskKind[];
  /** Whether it can say what it would do. */
  readonly hasPlan: boolean;
  open(openers: Openers, request: Request): Promise<Session>;
}

/** An experiment with its subject open. */
export interface Session extends Pick<Opened<unknown>, "inputs" | "origin" | "close"> {
  /** Whose derivatives are to be checked; undefined where the subject is no problem. */
  readonly problem: Problem | undefined;
  plan(budget: Pick<RunContext, "hasBudget">): Plan | undefined;
  waits(budget: Pick<RunContext, "hasBudget">): boolean;
  /** The result as a file holds it. */
  measure(desk: Omit<Desk, "options">): Promise<Measured<unknown>>;
}

/**
 * Declares an experiment.
 *
 * @example
 * export const line = defineExperiment({
 *   name: "line",
 *   summary: "the loss along a direction",
 *   document: "line",
 *   result: z.object({ x: z.array(real), loss: z.array(real) }),
 *   figures: [lossAlongLine],
 *   show: ({ x }) => [{ title: "Along the gradient", caveats: [], text: [`${x.length} points.`], readings: [], table: null }],
 *   subject: "problem",
 *   arguments: [MODEL],
 *   parameters: z.object({ points: z.int().min(2).default(41).describe("points on the line") }),
 *   examples: [["thalweg line model.onnx --data data.npz", "along the gradient"]],
 *   measure: async ({ problem }, { points }, desk) => ({ result: { x, loss }, converged: true }),
 * });
 */
export function defineExperiment<
  const Name extends string,
  Result extends z.ZodType,
  Kind extends SubjectKind,
  Parameters extends z.ZodObject,
>(definition: Definition<Name, Result, Kind, Parameters>): Experiment<Name, Result> {
  const { name, subject: kind, parameters, uses = [], result: shape, figures = [], tasks = [], proofs } = definition;
  requireUnique(tasks, (task) => task.name, `kinds of tasks of the experiment ${name}`);
  const speakers = [{ name: definition.verb ?? name, words: wordsOf(parameters) }, ...uses];
  const vocabulary = new Vocabulary(speakers);
  return {
    ...definition,
    speakers,
    parameters: vocabulary.parameters,
    writes: definition.writes ?? RUN_FOLDER,
    tasks,
    hasPlan: definition.plan !== undefined,
    draw(json) {
      const found = shape.parse(json);
      const kinds = typeof figures === "function" ? figures(found) : figures;
      return draw(
        kinds.map((figure) => ({ instrument: name, ...figure })),
        found,
      );
    },
    present: (json, frame) => definition.show?.(shape.parse(json), frame) ?? null,
    others: definition.others && ((json) => definition.others?.(shape.parse(json)) ?? []),
    heading: definition.heading && ((json) => definition.heading?.(shape.parse(json)) ?? ""),
    pages: definition.pages && ((json) => definition.pages?.(shape.parse(json)) ?? []),
    async open(openers, request) {
      const { subject, inputs, origin, close } = await openers[kind]({
        ...request,
        options: without(request.options, definition.ownWords),
        proofs,
      });
      const options = vocabulary.read(parameters, request.options);
      return {
        inputs,
        origin,
        close,
        problem: "problem" in subject ? subject.problem : undefined,
        plan: (budget) => definition.plan?.(subject, request.options, budget),
        waits: (budget) => definition.waits?.(subject, request.options, budget) ?? false,
        measure: async (desk) => {
          const { result, ...measured } = await definition.measure(subject, options, {
            ...desk,
            options: request.options,
          });
          return { ...measured, result: shape.encode(result) };
        },
      };
    },
  };
}

/** What leads to the subject of an experiment that has those words for something else. */
export function without(options: Options, words: readonly string[] = []): Options {
  return Object.fromEntries(Object.entries(options).filter(([key]) => !words.includes(key)));
}
