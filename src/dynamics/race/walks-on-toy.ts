import { walkOf } from "../../optimizers/coordinate-walk.ts";
import type { TaskDesk } from "../../runs/task.ts";
import type { ToyFunction } from "../../toys/toy.ts";
import { throwIfInterrupted } from "../../util/run-context.ts";
import { withNoisyGradient } from "./noisy-gradient.ts";
import { PathKeeper } from "./path-keeper.ts";
import { optimizerOf, type RaceOptions, USUAL } from "./race-options.ts";
import type { Walked, Walks } from "./race-result.ts";
import { runRace } from "./run-race.ts";

/** Starts whose ways are kept. */
export const DRAWN = 3;

/** Walks of one optimiser on a toy, one after the other. */
export async function walksOnToy(
  f: ToyFunction,
  { optimizer, from, to }: Walks,
  asked: RaceOptions,
  { common, context }: Pick<TaskDesk, "common" | "context">,
): Promise<Walked> {
  const { tuned } = optimizerOf(optimizer, asked.lr);
  const { steps = USUAL.toy.steps, tolerance } = asked;
  const found: Walked = { runs: [], paths: [] };
  for (let i = from; i < to && context.outOfTime?.() !== true; i++) {
    throwIfInterrupted(context);
    const start = f.start(common.split(`start ${i}`));
    // Of the walk alone, however walks are put together into tasks.
    const own = common.split(`walk ${i} of ${optimizer}`);
    const path = i < DRAWN ? new PathKeeper(i, f.dimension === 2) : undefined;
    const { cost, weights, ...run } = runRace({
      toy: f,
      told: withNoisyGradient(f, asked.noise, own.split("noise")),
      walk: walkOf(tuned, { start, random: own.split("optimizer") }),
      start,
      limits: { steps, tolerance },
      leavesSaddles: tuned.leavesSaddles || asked.noise > 0,
      seen: (step, at, spent) => {
        if (path?.wants(step) === true) path.keep(step, at, f.value(at), spent);
      },
    });
    path?.keep(run.steps, weights, run.value, cost);
    found.runs.push({ start: i, ...run, ...cost, heldOut: null, emptyBatches: 0 });
    if (path) found.paths.push(path.kept);
    context.progress?.({ stage: optimizer, done: i + 1 - from, total: to - from });
    // Whoever wants to interrupt is heard between two walks.
    await Promise.resolve();
  }
  return found;
}
