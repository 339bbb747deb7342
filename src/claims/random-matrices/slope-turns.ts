/**
 * How often the slope turns around each square of a grid on a torus, the square behind the point in both directions: 1 around a minimum or a
 * maximum, −1 around a saddle, 0 around none or both (Poincaré 1885). In rows.
 */
export function slopeTurns([down, right]: readonly [Float64Array, Float64Array], n: number): Int8Array {
  const angles = down.map((slope, i) => Math.atan2(slope, right[i]));
  return Int8Array.from(angles, (_, point) => {
    const [row, column] = [Math.floor(point / n) * n, point % n];
    const [below, behind] = [(row + n) % angles.length, (column + 1) % n];
    const corners = [row + column, row + behind, below + behind, below + column];
    const turned = corners.reduce((sum, at, k) => sum + nearest(angles[corners[(k + 1) % 4]] - angles[at]), 0);
    return Math.round(turned / (2 * Math.PI));
  });
}

/** An angle as one between −π and π. */
function nearest(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}
