import type { z } from "zod";
import type { ForwardLoss } from "../problem/forward-loss.ts";
import type { Problem } from "../problem/problem.ts";
import { plus, times, type Work, WORK_KINDS } from "../problem/work.ts";
import type { planDocument } from "../result/plan-document.ts";
import { maxOf } from "../util/extremes.ts";
import { formatBytes } from "../util/format-size.ts";
import { readSize } from "../util/read-size.ts";
import { type Paces, timeOf, timeWork } from "./time-work.ts";

/** One line of a plan. */
export interface PlannedStep {
  readonly name: string;
  readonly title: string;
  /** Matrix–vector products expected, in one task; 0 where it will be skipped. */
  readonly products: number;
  /** All that it takes, its products among it, in one task; its products alone when absent. */
  readonly work?: Work;
  /** Large arrays at its peak, in bytes, with what earlier ones keep. */
  readonly bytes: number;
  readonly skipped: string | undefined;
}

/** What an experiment would do. */
export interface Plan {
  /** What a step is: "instrument", "check". */
  readonly noun: string;
  readonly steps: readonly PlannedStep[];
  /** How often all of it is done. */
  readonly tasks: number;
  /** How often its tasks make the checks of every run, where they make them. */
  readonly checks?: number;
  /** What the steps take is timed on it. */
  readonly problem: Problem | ForwardLoss;
  /** What is asked for that cannot be had. */
  readonly warnings: readonly string[];
}

/** A product is timed always: it is what people compare machines and networks by. */
const UNIT: Work = { products: 1 };

export type PlanDocument = z.output<typeof planDocument>;

function productsOf({ steps, tasks }: Plan): number {
  return tasks * steps.reduce((sum, { products }) => sum + products, 0);
}

/** A plan in one sentence; undefined where it has but one step, which goes without saying. */
export function summaryOf(plan: Plan): string | undefined {
  if (plan.steps.length < 2) return undefined;
  const parts = plan.steps.filter(({ skipped }) => skipped === undefined).length;
  const times = plan.tasks === 1 ? "" : ` at ${plan.tasks} points`;
  const products = productsOf(plan);
  const cost = products === 0 ? "losses alone" : `about ${products} products`;
  return `Plan: ${parts} ${plan.noun}${parts === 1 ? "" : "s"}${times}, ${cost}.`;
}

/** What surrounds the steps of a plan. */
export interface Surroundings {
  /** Milliseconds. */
  readonly clock: () => number;
  /** Bytes that the process holds. */
  readonly held: () => number;
  /** What it took to read, open and prove what is measured, in milliseconds. */
  readonly opening: number;
  /** What is made before the first step. */
  readonly checks: Work;
  /** Large arrays that it holds, in bytes. */
  readonly checkBytes: number;
}

/**
 * What a plan costs on this machine: what it took to open the subject, which a run does, too; and everything that the
 * checks and the steps take, of which each kind is timed (`timeWork`).
 */
export async function costOf(
  plan: Plan,
  { clock, held, opening, checks, checkBytes }: Surroundings,
): Promise<PlanDocument> {
  const { steps, tasks, noun, problem } = plan;
  const done = times(tasks, plus(...steps.map(workOf)));
  const whole = plus(checks, done);
  const bare = held();
  const { paces, more } = await timeWork(problem, plus(whole, UNIT), clock);
  const warm = held();
  const others = OTHER_FORMS * Math.max(0, warm - bare);
  const msPerProduct = paces.get("products")?.each ?? null;
  const first = firsts(whole, paces);
  const before = timeOf(checks, paces);
  return {
    schema: "thalweg/plan@1",
    msPerProduct,
    products: productsOf(plan),
    opening: opening / 1000,
    checks: before / 1000,
    programs: first / 1000,
    seconds: (opening + before + first + timeOf(done, paces)) / 1000,
    bytes: warm + others + Math.round(more) + Math.max(checkBytes, maxOf(steps.map(({ bytes }) => bytes))),
    checkBytes,
    tasks,
    noun,
    instruments: steps.map(({ name, title, products, bytes, skipped, ...step }) => {
      const work = workOf({ products, ...step });
      return { name, title, products, work, seconds: timeOf(work, paces) / 1000, bytes, skipped: skipped ?? null };
    }),
  };
}

/** What is to be said where a plan takes more than the `--memory` that was given; undefined where it does not, or nothing was given. */
export function beyondMemory(bytes: number, memory: unknown): string | undefined {
  const given = typeof memory === "string" ? readSize(memory) : undefined;
  if (given === undefined || bytes <= given) return undefined;
  return `This takes at least ${formatBytes(bytes)}, more than the ${formatBytes(given)} of --memory, which bounds the runs of the engine alone: arrays that are measured on are as large as the question makes them.`;
}

function workOf({ products, work = { products } }: Pick<PlannedStep, "products" | "work">): Work {
  return work;
}

/** Programs of each kind, about: for single vectors and for blocks of them, for another matrix, with numbers moved by a grain. */
const FORMS = 4;

/**
 * What the forms that were not timed hold, beside what those hold that were: for blocks of vectors a program takes most, and
 * that one is timed (`bench/loads.mjs`).
 */
const OTHER_FORMS = 1;

/** What comes with the first of each kind: programs are derived and opened. */
function firsts(work: Work, paces: Paces): number {
  return WORK_KINDS.reduce((sum, kind) => sum + ((work[kind] ?? 0) > 0 ? FORMS * (paces.get(kind)?.first ?? 0) : 0), 0);
}
