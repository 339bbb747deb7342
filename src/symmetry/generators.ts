/** A square matrix of zeros but for some entries, which add up. */
function matrixWith(
  n: number,
  ...entries: readonly (readonly [row: number, column: number, value: number])[]
): Float64Array {
  const matrix = new Float64Array(n * n);
  for (const [row, column, value] of entries) matrix[row * n + column] += value;
  return matrix;
}

function every(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

function pairs(n: number): (readonly [number, number])[] {
  return every(n).flatMap((i) => every(n).flatMap((j) => (i < j ? [[i, j] as const] : [])));
}

/** Of all invertible maps: every matrix with one entry; n² of them. */
export function linearGenerators(n: number): Float64Array[] {
  return every(n).flatMap((i) => every(n).map((j) => matrixWith(n, [i, j, 1])));
}

/** Of scales: every diagonal matrix with one entry; n of them. */
export function scaleGenerators(n: number): Float64Array[] {
  return every(n).map((i) => matrixWith(n, [i, i, 1]));
}

/** Of rotations: eᵢeⱼᵀ − eⱼeᵢᵀ; n(n − 1)/2 of them. */
export function rotationGenerators(n: number): Float64Array[] {
  return pairs(n).map(([i, j]) => matrixWith(n, [i, j, 1], [j, i, -1]));
}

/** Of rotations that leave the vector of ones where it is: in the span of (eᵢ − e₀) ∧ (eⱼ − e₀); (n − 1)(n − 2)/2 of them. */
export function generatorsAboutOnes(n: number): Float64Array[] {
  return pairs(n)
    .filter(([i]) => i > 0)
    .map(([i, j]) => matrixWith(n, [i, j, 1], [j, i, -1], [i, 0, -1], [0, i, 1], [0, j, -1], [j, 0, 1]));
}
