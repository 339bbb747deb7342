import { z } from "zod";
import { multiplyAdds } from "../graph/multiply-adds.ts";
import type { Problem } from "../problem/problem.ts";
import type { Desk } from "../runs/experiment.ts";
import { without } from "../runs/experiment.ts";
import type { Options, Request } from "../runs/subject.ts";
import { defineTask } from "../runs/task.ts";
import { askedAxes } from "./asked.ts";
import { type AskedAxes, isMarked, openAxes, weightsAt } from "./axes.ts";
import { frame, measureFrame, siteOf } from "./frame.ts";
import { coarseToFine, type Ticks, ticksOf } from "./grid.ts";
import { lossesAt, type Losses, lossesOnBoth, type LossesOnBoth, orNull } from "./losses.ts";

/** Words of lines and surfaces that lead to data elsewhere: here they are axes. */
export const AXIS_WORDS = ["x", "y"];

/** Of the time of a run: the rest is for the points. */
const SHARE_OF_FRAME = 0.3;

const planesOf = z.object({
  plane: z.string().optional(),
  direction: z.string().optional(),
  planes: z.number().default(1),
  top: z.number().optional(),
  share: z.boolean().default(true),
});

/** What the options of a line or of a surface ask for. */
export function axesOf(options: Options): AskedAxes {
  const { plane, direction } = planesOf.parse(options);
  return plane === undefined
    ? askedAxes(direction ?? "random", 1, options, "--direction")
    : askedAxes(plane, 2, options, "--plane");
}

const opens = ({ arguments: given, options }: Request): Request => ({
  arguments: given,
  options: without(options, AXIS_WORDS),
});

/** The axes, with the loss, its gradient and its curvature where they meet. */
export const frameTask = defineTask({
  name: "axes",
  subject: "problem",
  share: SHARE_OF_FRAME,
  input: z.object({}),
  result: frame,
  label: () => "the axes",
  opens,
  measure(subject, _input, options, { common, context }) {
    const { planes, share, top } = planesOf.parse(options);
    return measureFrame({ subject, random: common, context }, axesOf(options), {
      planes,
      share: share ? (top ?? null) : null,
    });
  },
});

const part = z.object({
  plane: z.int().describe("From 0."),
  ranges: z.array(z.string()).describe("One for each axis, the first varies fastest."),
  part: z.int(),
  of: z.int().describe("Parts: the points from coarse to fine are dealt to them in turn."),
});

/** Loss and accuracy at some points of a grid. */
export const pointsTask = defineTask({
  name: "points",
  subject: "problem",
  share: 1 - SHARE_OF_FRAME,
  input: part,
  result: lossesOnBoth,
  label: ({ plane, part: number, of }) => `points ${number + 1} of ${of}${plane === 0 ? "" : `, plane ${plane + 1}`}`,
  opens,
  async measure(subject, { plane, ranges, part: number, of }, options, { common, context, found }) {
    const known = found(frameTask, {}).axes[plane].vectors;
    const axes = await openAxes(
      siteOf({ subject, random: common, context }, plane),
      axesOf(options),
      known ?? undefined,
    );
    const ticks = ranges.map((range) => ticksOf(range, "range"));
    const mine = dealt(ticks, number, of);
    const at = (i: number) => coordinatesOf(ticks, mine[i]);
    return lossesAt(subject.problem, mine.length, (i, into) => weightsAt(axes, at(i), into), context, {
      ...axes,
      coordinatesOf: (i) => (isMarked(axes, at(i)) ? undefined : at(i)),
    });
  },
});

/** The points of a part, in their order. */
function dealt(ticks: readonly Ticks[], number: number, of: number): Int32Array {
  const rows = ticks.toReversed();
  return coarseToFine(
    rows.map(({ values }) => values.length),
    rows.map(({ centre }) => centre),
  ).filter((_, i) => i % of === number);
}

function coordinatesOf(ticks: readonly Ticks[], index: number): number[] {
  let rest = index;
  return ticks.map(({ values }) => {
    const at = rest % values.length;
    rest = (rest - at) / values.length;
    return values[at];
  });
}

/** Multiply–adds that a task is to take, about: some ten seconds on two cores. */
const TASK_WORK = 1e11;
/** Tasks of a run whose time is limited: each opens the problem, and has its share of the time. */
const TASKS_IN_TIME = 4;

/** In how many parts so many points of each of some planes are measured: it follows from the problem, never from a clock. */
export function partsOf(problem: Problem, planes: number, points: number, hasBudget: boolean): number {
  const { network, point, heldOut, examples } = problem;
  const each = multiplyAdds([network.graph.total]) / point.batchSize;
  const work = points * (each * (examples + (heldOut?.examples ?? 0)) + point.dimension);
  const most = hasBudget ? Math.ceil(TASKS_IN_TIME / planes) : 1000;
  return Math.min(points, most, Math.max(1, Math.ceil(work / TASK_WORK)));
}

/**
 * All losses of every plane, in the order of its points: the first axis varies fastest. The tasks of all planes share the
 * time of the run.
 */
export async function measurePoints(
  problem: Problem,
  planes: number,
  ticks: readonly Ticks[],
  desk: Pick<Desk, "tasks" | "hasBudget">,
): Promise<LossesOnBoth[]> {
  const points = ticks.reduce((product, { values }) => product * values.length, 1);
  const of = partsOf(problem, planes, points, desk.hasBudget);
  const ranges = ticks.map(({ text }) => text);
  const inputs = Array.from({ length: planes * of }, (_, i) => ({
    plane: Math.floor(i / of),
    ranges,
    part: i % of,
    of,
  }));
  const parts = await desk.tasks(pointsTask, inputs);
  const orders = Array.from({ length: of }, (_, number) => dealt(ticks, number, of));
  return Array.from({ length: planes }, (_, plane) =>
    together(parts.slice(plane * of, (plane + 1) * of), orders, points, problem.heldOut !== undefined),
  );
}

/** The losses of a plane from those of its parts. */
function together(
  parts: readonly LossesOnBoth[],
  orders: readonly Int32Array[],
  points: number,
  hasHeldOut: boolean,
): LossesOnBoth {
  const gather = (numbers: (each: LossesOnBoth) => readonly (number | null)[] | null | undefined) => {
    const all = new Array<number | null>(points).fill(null);
    parts.forEach((each, k) => numbers(each)?.forEach((value, i) => (all[orders[k][i]] = value)));
    return all;
  };
  const column = (of: (each: LossesOnBoth) => Losses | null): Losses => ({
    loss: gather((each) => of(each)?.loss),
    accuracy: orNull(gather((each) => of(each)?.accuracy)),
    standardError: orNull(gather((each) => of(each)?.standardError)),
  });
  return { ...column((each) => each), test: hasHeldOut ? column(({ test }) => test) : null };
}
