import type { Value } from "../graph/value.ts";
import { convBlocked } from "./blocked-conv.ts";
import type { ConvGeometry } from "./conv-geometry.ts";
import { concat, pad, sliceAxis } from "./movement.ts";
import { reshape, transpose } from "./structure.ts";

/**
 * x ∗ w at stride 1 for fewer outputs O than half a block of channels, which would leave most lanes empty:
 * r rows of the result, r·O ≤ B, are computed as channels of one convolution of stride r,
 *
 *   y[o, r·i + a] = Σ_p x[r·i + a + p]·w[o, p] = Σ_P x[r·i + P]·w'[(a, o), P],   w'[(a, o), P] = w[o, P − a].
 *
 * The kernels grow from h to h + r − 1 rows, so the work falls from h to (h + r − 1)/r rows for each row of
 * the result. Undefined where a block holds one row only, or where that gains nothing.
 */
export function convByRows(
  x: Value,
  w: Value,
  block: number,
  geometry: ConvGeometry,
  [n, outputs, height, width]: readonly number[],
): Value | undefined {
  const [, , rows] = w.shape;
  const together = Math.min(Math.floor(block / outputs), height);
  const isPlain = [...geometry.strides, ...geometry.dilations].every((each) => each === 1);
  if (together < 2 || rows < 2 || !isPlain) return undefined;
  const shifted = Array.from({ length: together }, (_, a) => pad(w, [0, 0, a, 0], [0, 0, together - 1 - a, 0]));
  const steps = Math.ceil(height / together);
  // Rows behind the images that the last step sees.
  const after = (steps - 1) * together + rows + together - 1 - geometry.before[0] - x.shape[2];
  if (after < 0) return undefined;
  const y = convBlocked(
    x,
    concat(shifted, 0),
    block,
    { ...geometry, strides: [together, 1], after: [after, geometry.after[1]] },
    [n, together * outputs, steps, width],
  );
  const apart = transpose(reshape(y, [n, together, outputs, steps, width]), [0, 2, 3, 1, 4]);
  return sliceAxis(reshape(apart, [n, outputs, steps * together, width]), 2, 0, height);
}
