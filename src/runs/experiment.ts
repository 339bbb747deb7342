import type { z } from "zod";
import { type Drawing, draw } from "../figures/draw.ts";
import type { FigureKind } from "../figures/figure.ts";
import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { NamedArrays } from "../result/named-arrays.ts";
import type { ShownSection } from "../result/shown-section.ts";
import type { RunContext } from "../util/run-context.ts";
import type { Opened, Openers, Options, Origin, Request, SubjectKind, Subjects } from "./subject.ts";
import type { AnyTaskKind, TaskKind } from "./task.ts";

/** What surrounds an experiment while it measures. */
export interface Desk {
  readonly random: RandomStream;
  /** Big arrays, kept beside the result. */
  readonly arrays: NamedArrays;
  readonly context: RunContext;
  /** The results of tasks, in the order of their inputs: from the store where they are done, else done by the executor. */
  tasks<Input, Result>(kind: TaskKind<Input, Result>, inputs: readonly Input[]): Promise<Result[]>;
}

/** What an experiment hands back. */
export interface Measured<Result> {
  readonly result: Result;
  /** Whether everything reached its tolerance. */
  readonly converged: boolean;
  /** What was proven of what was computed, besides the checks of every run. */
  readonly checks?: readonly Check[];
  /** What was found when its tasks opened their subjects, where that says more than the run's own. */
  readonly opened?: Pick<Origin, "checks" | "warnings">;
  /** What failed by a fault of ours while the rest went on. */
  readonly faults?: readonly Error[];
}

/** One line of a plan. */
export interface PlannedStep {
  readonly name: string;
  readonly title: string;
  /** Matrix–vector products expected, in one task; 0 where it will be skipped. */
  readonly products: number;
  /** Large arrays at its peak, in bytes, with what earlier ones keep. */
  readonly bytes: number;
  readonly skipped: string | undefined;
}

/** What an experiment would do. */
export interface Plan {
  readonly steps: readonly PlannedStep[];
  /** How often all of it is done. */
  readonly tasks: number;
  /** A product of it tells the time that the others take. */
  readonly problem: Problem;
  /** What is asked for that cannot be had. */
  readonly warnings: readonly string[];
}

/** A positional argument. */
export interface Argument {
  /** As help shows it: MODEL. */
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

interface Description {
  /** Unique. */
  readonly name: string;
  /** The verb that asks for it, where that has another name: several experiments may answer one verb. */
  readonly verb?: string;
  /** Half a sentence, for the list of verbs. */
  readonly summary: string;
  readonly description?: string;
  readonly arguments: readonly Argument[];
  /** Whole command lines with what they do. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  /**
   * Looks at the options before anything is opened.
   *
   * @throws ThalwegError of kind "usage"
   */
  validate?(options: Options): void;
  /** Whether the checks of every run belong to it, of its subject: first, or while it waits. */
  readonly checked?: boolean;
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
  readonly figures?: readonly FigureKind<z.output<Result>>[];
  /** The result in words, numbers and tables, as report and command line show it; absent where the result holds that itself. */
  show?(result: z.output<Result>): ShownSection[];
  readonly subject: Kind;
  /** Of its own, besides what leads to the subject. */
  readonly parameters: Parameters;
  readonly tasks?: readonly AnyTaskKind[];
  /** @param budget whether there is one for the time, which may change what comes first */
  plan?(subject: Subjects[Kind], options: Options, budget: Pick<RunContext, "hasBudget">): Plan;
  /** Whether it waits for another thread, in which time the context's `meanwhile` is done; never when absent. */
  waits?(subject: Subjects[Kind], options: Options, budget: Pick<RunContext, "hasBudget">): boolean;
  measure(subject: Subjects[Kind], options: z.output<Parameters>, desk: Desk): Promise<Measured<z.output<Result>>>;
}

/** One question that a person asks. Everything around it (plan, checks, folder, report, exit code) is `execute`'s. */
export interface Experiment<Name extends string = string, Result extends z.ZodType = z.ZodType> extends Description {
  readonly document: Name;
  readonly result: Result;
  /** Of a result as its file holds it. */
  draw(json: unknown): Drawing;
  readonly subject: SubjectKind;
  readonly parameters: z.ZodObject;
  readonly tasks: readonly AnyTaskKind[];
  open(openers: Openers, request: Request): Promise<Session>;
}

/** An experiment with its subject open. */
export interface Session extends Pick<Opened<unknown>, "inputs" | "origin" | "close"> {
  /** Whose derivatives are to be checked; undefined where the subject is no problem. */
  readonly problem: Problem | undefined;
  plan(budget: Pick<RunContext, "hasBudget">): Plan | undefined;
  waits(budget: Pick<RunContext, "hasBudget">): boolean;
  /** The result as a file holds it, and as it is shown. */
  measure(desk: Desk): Promise<Measured<unknown> & { readonly sections: ShownSection[] | null }>;
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
  const { name, subject: kind, parameters, result: shape, figures = [], tasks = [] } = definition;
  return {
    ...definition,
    tasks,
    draw: (json) =>
      draw(
        figures.map((figure) => ({ instrument: name, ...figure })),
        shape.parse(json),
      ),
    async open(openers, request) {
      const { subject, inputs, origin, close } = await openers[kind](request);
      const options = parameters.parse(request.options);
      return {
        inputs,
        origin,
        close,
        problem: "problem" in subject ? subject.problem : undefined,
        plan: (budget) => definition.plan?.(subject, request.options, budget),
        waits: (budget) => definition.waits?.(subject, request.options, budget) ?? false,
        measure: async (desk) => {
          const { result, ...measured } = await definition.measure(subject, options, desk);
          return { ...measured, result: shape.encode(result), sections: definition.show?.(result) ?? null };
        },
      };
    },
  };
}
