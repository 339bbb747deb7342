import { Desk } from "../../src/quantities/desk.ts";
import { neededQuantities, settingOf } from "../../src/quantities/needed-quantities.ts";
import { needsOf, type Needs } from "../../src/quantities/quantity.ts";
import type { Options } from "../../src/quantities/setting.ts";
import type { Problem } from "../../src/problem/problem.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import type { RunContext } from "../../src/util/run-context.ts";

/** A desk at the problem's weights, in a run that wants nothing else than these. */
export function deskOf(
  problem: Problem,
  options: Options = {},
  { seed = 0, needs = [], context = {} }: { seed?: number; needs?: Needs; context?: RunContext } = {},
): Desk {
  const all = needsOf(needs);
  const setting = settingOf({ problem, options, hasBudget: context.hasBudget }, all);
  return Desk.open(setting, createRandom(seed), context, [...neededQuantities(all, setting)]);
}
