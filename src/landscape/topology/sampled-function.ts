import type { NamedResult } from "../../compare/compare-results.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { completeGrid, type CutShort } from "./complete-grid.ts";
import { lineResult, type LineResult } from "../line/line-result.ts";
import { surfaceResult, type SurfaceResult } from "../surface/surface-result.ts";

/** A function that is known at the points of a grid. */
export interface SampledFunction {
  readonly name: string;
  /** The slowest one first. */
  readonly axes: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** In rows. */
  readonly values: Float64Array;
  /** Which part of the samples that is; null for all. */
  readonly cutShort: CutShort | null;
  /** What rounding leaves of a loss, larger ones in proportion to that at which it was measured. */
  readonly rounding: { readonly value: number; readonly at: number };
}

type Losses = readonly (number | null)[];

/**
 * The losses that a run has sampled: of every plane, on the data and on held-out examples.
 *
 * @throws input error `no-samples` for a run of another kind, `incomplete-samples` for one that was cut short before it had a grid
 */
export function sampledFunctions({ path, kind, result }: NamedResult): SampledFunction[] {
  if (kind === "line") return ofLine(lineResult.parse(result), path);
  if (kind === "surface") return ofSurface(surfaceResult.parse(result), path);
  throw new ThalwegError({
    kind: "input",
    code: "no-samples",
    message: `${path} is a run of ${kind}, which samples no line or surface of the loss.`,
    where: { file: path },
    hint: "Give the folder of a finished `thalweg surface` or `thalweg line`.",
  });
}

function ofLine({ x, loss, test, title, home, rounding }: LineResult, path: string): SampledFunction[] {
  const axes = [{ name: title, values: x }];
  return onBoth("", loss, test?.loss).map(({ name, losses }) => ({
    name,
    ...completeGrid(axes, losses, path),
    rounding: { value: rounding, at: home },
  }));
}

function ofSurface({ x, y, planes, home, rounding }: SurfaceResult, path: string): SampledFunction[] {
  return planes.flatMap(({ axes: [first, second], loss, test }, i) => {
    const axes = [
      { name: second, values: y },
      { name: first, values: x },
    ];
    const plane = planes.length === 1 ? "" : ` in plane ${i + 1}`;
    return onBoth(plane, loss.flat(), test?.loss).map(({ name, losses }) => ({
      name,
      ...completeGrid(axes, losses, path),
      rounding: { value: rounding, at: home },
    }));
  });
}

function onBoth(
  where: string,
  loss: Losses,
  heldOut: Losses | undefined,
): { readonly name: string; readonly losses: Losses }[] {
  return [
    { name: `loss${where}`, losses: loss },
    ...(heldOut === undefined ? [] : [{ name: `loss on held-out examples${where}`, losses: heldOut }]),
  ];
}
