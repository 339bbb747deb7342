import { ThalwegError } from "../util/thalweg-error.ts";
import type { Shape } from "../util/tensor.ts";

/** How windows slide: one entry per spatial axis. */
export interface WindowGeometry {
  readonly strides: readonly number[];
  /** Zeros before and after the image; negative amounts cut. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly dilations: readonly number[];
}

export interface ConvGeometry extends WindowGeometry {
  readonly group: number;
}

/** Number of window positions: ⌊(extent + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1 per spatial axis. */
export function convOutputExtents(x: Shape, kernel: Shape, geometry: WindowGeometry): number[] {
  return kernel.map((size, k) => {
    const padded = x[2 + k] + geometry.before[k] + geometry.after[k];
    const extent = Math.floor((padded - geometry.dilations[k] * (size - 1) - 1) / geometry.strides[k]) + 1;
    if (!(extent > 0)) {
      throw new ThalwegError({
        kind: "input",
        code: "shape-mismatch",
        message: `A window of ${size} (dilation ${geometry.dilations[k]}) does not fit an axis of extent ${x[2 + k]} padded to ${padded}.`,
        where: { shape: x },
      });
    }
    return extent;
  });
}
