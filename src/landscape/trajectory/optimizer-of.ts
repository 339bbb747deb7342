import { largestCurvature } from "../../optimizers/stability-limit.ts";
import { stabilityLine, tunedOf } from "./stability-line.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";
import type { Settled, TrajectoryResult } from "./trajectory-result.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** A curvature with its error. */
interface Curvature {
  readonly value: number;
  readonly error: number;
}

/** What made the checkpoints, and how their curvature stands to its line over the last third of them. */
export function optimizerOf(
  points: TrajectoryResult["points"],
  options: TrajectoryOptions,
  examples: number,
): TrajectoryResult["optimizer"] {
  const { lr, optimizer, batch } = options;
  const { momentum, limit } = tunedOf(options);
  const line = stabilityLine(options, examples);
  const last = points.slice(Math.floor((2 * points.length) / 3));
  const largest = last.map(({ top: [found], searchMargin }): Curvature | undefined =>
    // One that may have been passed over is no λmax.
    found === undefined || searchMargin === null ? undefined : { value: found.value, error: found.residual },
  );
  const sharpness = last.map(({ batchSharpness: sharp }): Curvature | undefined =>
    sharp ? { value: sharp.value, error: (sharp.interval.upper - sharp.interval.lower) / 2 } : undefined,
  );
  const behind = last.map(({ preconditioned }): Curvature | undefined =>
    preconditioned === null || preconditioned.searchMargin === null
      ? undefined
      : { value: preconditioned.top.value, error: preconditioned.top.residual },
  );
  const isDivided = limit?.matrix === "D⁻¹H" && lr !== undefined && options.divisors.length > 0;
  const lineBehind = isDivided ? largestCurvature(limit, lr) : null;
  return {
    name: optimizer,
    stepSize: lr ?? null,
    momentum,
    batch: batch ?? null,
    isFullBatch: batch === undefined ? null : batch >= examples,
    line,
    top: settledAt(largest, line?.curvature ?? null),
    // 2/η is known for plain SGD alone.
    batchSharpness: settledAt(sharpness, limit?.isPlain === true ? (line?.curvature ?? null) : null),
    preconditioned:
      isDivided && lineBehind !== null
        ? { curvature: lineBehind, formula: limit.formula.replaceAll("λ", "η"), top: settledAt(behind, lineBehind) }
        : null,
  };
}

/** Fewer say nothing of where a curvature stays. */
const LEAST = 3;

function settledAt(found: readonly (Curvature | undefined)[], line: number | null): Settled | null {
  const known = found.filter((each) => each !== undefined);
  if (line === null || known.length < LEAST || known.length < found.length) return null;
  const ratios = known.map(({ value }) => value / line);
  return {
    checkpoints: known.length,
    mean: ratios.reduce((sum, x) => sum + x, 0) / ratios.length,
    least: minOf(ratios),
    most: maxOf(ratios),
    // As if all erred to one side: common random numbers do.
    error: known.reduce((sum, { error }) => sum + error, 0) / known.length / line,
  };
}
