import type { z } from "zod";
import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { Desk } from "./desk.ts";
import { lossRounding } from "./loss-rounding.ts";

/**
 * What rounding may have changed the loss at weights by, where nothing else is measured there.
 * Cost: two losses, and one in float64 where there is one.
 */
export async function lossRoundingAt(
  problem: Problem,
  theta: Float64Array,
  random: RandomStream,
  context: RunContext,
): Promise<number> {
  const setting = {
    problem,
    hasBudget: false,
    wants: () => false,
    parametersOf: <P extends z.ZodObject>({ parameters }: { readonly parameters: P }) => parameters.parse({}),
  };
  const point = problem.at(theta);
  try {
    return await Desk.open(setting, random, context).at(point).get(lossRounding);
  } finally {
    await point.release();
  }
}
