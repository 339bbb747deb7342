import { z } from "zod";
import type { CoordinateOptimizer } from "./optimizer.ts";

/**
 * β of an optimiser that has a momentum, its own where none is given; undefined where it has none.
 *
 * @example
 * momentumOf(heavyBall, {}); // 0.9
 */
export function momentumOf({ parameters }: Pick<CoordinateOptimizer, "parameters">, given: object): number | undefined {
  return z.object({ momentum: z.number().optional() }).parse(parameters.parse(given)).momentum;
}
