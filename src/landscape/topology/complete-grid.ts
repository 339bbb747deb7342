import { inputError } from "../../files/input-error.ts";
import { formatCount, formatCounted } from "../../util/format-size.ts";

/** Every so many points along each axis of a grid, and how much of the grid that stands for. */
export interface CutShort {
  readonly points: number;
  readonly measured: number;
  readonly stride: number;
}

interface Axis {
  readonly name: string;
  readonly values: readonly number[];
}

/**
 * The finest grid of every 2ᵐth point about the centre that is measured throughout: between two points of a grid with holes
 * nothing is known, not even whether they are neighbours.
 *
 * @param axes the slowest one first
 * @param losses in rows; null where nothing was measured
 * @throws input error `incomplete-samples` where no such grid has two points along every axis
 */
export function completeGrid(
  axes: readonly Axis[],
  losses: readonly (number | null)[],
  path: string,
): { readonly axes: readonly Axis[]; readonly values: Float64Array; readonly cutShort: CutShort | null } {
  const points = losses.length;
  const measured = losses.filter((loss) => loss !== null).length;
  for (let stride = 1; ; stride *= 2) {
    const kept = axes.map(({ values }) => placesOf(values, stride));
    if (kept.some((places, i) => places.length < Math.min(2, axes[i].values.length))) break;
    const values = kept
      .reduce<number[]>(
        (rows, places, i) => rows.flatMap((row) => places.map((at) => row * axes[i].values.length + at)),
        [0],
      )
      .map((at) => losses[at]);
    if (!values.every((loss) => loss !== null)) continue;
    return {
      axes: axes.map((axis, i) => ({ ...axis, values: kept[i].map((at) => axis.values[at]) })),
      values: Float64Array.from(values),
      cutShort: stride === 1 ? null : { points, measured, stride },
    };
  }
  throw inputError(
    "incomplete-samples",
    `${path} was cut short after ${formatCount(measured)} of ${formatCounted(points, "point")}: no grid within is measured throughout, and where nothing was measured there is no telling what is a basin.`,
    { file: path },
    "Measure fewer points, or give the run more time.",
  );
}

/** Points are measured from coarse to fine about that of 0. */
function placesOf(values: readonly number[], stride: number): number[] {
  const centre = values.indexOf(0);
  return [...values.keys()].filter((at) => (at - centre) % stride === 0);
}
