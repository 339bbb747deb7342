import type { z } from "zod";
import { hessianProduct } from "../problem/derivatives.ts";
import { ForwardLoss } from "../problem/forward-loss.ts";
import type { Problem } from "../problem/problem.ts";
import type { planDocument } from "../result/plan-document.ts";
import { maxOf } from "../util/extremes.ts";

/** A gradient takes about half the time of a product, a loss a sixth. */
export const GRADIENT = 1 / 2;
export const LOSS = 1 / 6;

/** One line of a plan. */
export interface PlannedStep {
  readonly name: string;
  readonly title: string;
  /** Matrix–vector products expected, in one task; 0 where it will be skipped. */
  readonly products: number;
  /** What it takes in all, in the time of a product, where that is not its products alone: gradients and losses, too. */
  readonly work?: number;
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
  /** A product of it tells the time that the others take; a loss, where that is all that it has. */
  readonly problem: Problem | ForwardLoss;
  /** What is asked for that cannot be had. */
  readonly warnings: readonly string[];
}

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

/** What a plan costs on this machine: one product is timed. */
export async function costOf(
  plan: Plan,
  { clock, held }: { readonly clock: () => number; readonly held: () => number },
): Promise<PlanDocument> {
  const { steps, tasks, noun } = plan;
  const msPerProduct = await timeOfProduct(plan.problem, clock);
  const work = tasks * steps.reduce((sum, step) => sum + (step.work ?? step.products), 0);
  return {
    schema: "thalweg/plan@1",
    msPerProduct,
    products: productsOf(plan),
    seconds: (work * msPerProduct) / 1000,
    bytes: held() + Math.max(0, maxOf(steps.map(({ bytes }) => bytes))),
    tasks,
    noun,
    instruments: steps.map((each) => ({ ...each, skipped: each.skipped ?? null })),
  };
}

async function timeOfProduct(problem: Plan["problem"], clock: () => number): Promise<number> {
  if (problem instanceof ForwardLoss) {
    const start = clock();
    await problem.value(problem.network.parameters);
    return (clock() - start) / LOSS;
  }
  const { preferredBlock, point } = problem;
  const block = Array.from({ length: preferredBlock }, () => point.parameters);
  await point.product(hessianProduct, block);
  const start = clock();
  await point.product(hessianProduct, block);
  return (clock() - start) / block.length;
}
