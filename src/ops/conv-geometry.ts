import { z } from "zod";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Shape } from "../util/tensor.ts";
import { integersSchema, positiveSchema } from "./attribute-schemas.ts";

/** How windows slide: one entry per spatial axis. */
export const windowGeometrySchema = z.strictObject({
  strides: positiveSchema,
  /** Zeros before and after the image; negative amounts cut. */
  before: integersSchema,
  after: integersSchema,
  dilations: positiveSchema,
});

export type WindowGeometry = z.infer<typeof windowGeometrySchema>;

export const convGeometrySchema = windowGeometrySchema.extend({ group: z.int().positive() });

export type ConvGeometry = z.infer<typeof convGeometrySchema>;

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
