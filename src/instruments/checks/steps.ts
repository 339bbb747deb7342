/** Steps of differences, relative to the length of what moves, in the order in which they are tried. */
export const STEPS = {
  float64: [1e-5, 1e-6, 1e-4, 1e-7, 1e-3, 1e-8, 1e-2],
  float32: [1e-2, 3e-3, 1e-3, 3e-2, 1e-1],
} as const;
