import type { Relief } from "../../figures/contours.ts";
import type { PlaneResult, SurfaceResult } from "./surface-result.ts";

/** The finest grid around the centre on which every point was measured. */
export interface MeasuredRelief extends Relief {
  /** Every so many points of the grid are in it. */
  readonly stride: number;
}

/**
 * What can be drawn of a plane: all of it, or the finest grid of 2ᵐ steps that is whole; undefined where not even two points
 * each way are.
 */
export function reliefOf({ x, y, centre }: SurfaceResult, { loss }: PlaneResult): MeasuredRelief | undefined {
  for (let stride = 1; ; stride *= 2) {
    const columns = [...x.keys()].filter((i) => (i - centre.x) % stride === 0);
    const rows = [...y.keys()].filter((j) => (j - centre.y) % stride === 0);
    if (columns.length < 2 || rows.length < 2) return undefined;
    const height = rows.map((j) => columns.map((i) => loss[j][i]));
    if (height.every((row) => row.every((each) => each !== null)))
      return { x: columns.map((i) => x[i]), y: rows.map((j) => y[j]), height, stride };
  }
}

/** The same with no more than so many points each way, the centre among them. */
export function thinned(relief: Relief, centre: { readonly x: number; readonly y: number }, most: number): Relief {
  const pick = (values: readonly number[], at: number) => {
    const home = values.indexOf(at);
    const stride = Math.ceil(values.length / most);
    return [...values.keys()].filter((i) => (i - home) % stride === 0);
  };
  const [columns, rows] = [pick(relief.x, centre.x), pick(relief.y, centre.y)];
  return {
    x: columns.map((i) => relief.x[i]),
    y: rows.map((j) => relief.y[j]),
    height: rows.map((j) => columns.map((i) => relief.height[j][i])),
  };
}

/** The heights that are numbers. */
export function groundOf({ height }: Relief): number[] {
  return height.flat().filter((each): each is number => each !== null && Number.isFinite(each));
}
