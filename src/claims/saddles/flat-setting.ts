/** A start on the axis of y of the flat saddle and a step size. */
interface FlatSetting {
  readonly y0: number;
  readonly lr: number;
}

/** Where walks end: |y| = ½. */
export const FLAT_END = 0.5;

export const FLAT_SETTINGS: readonly FlatSetting[] = [
  { y0: 0.1, lr: 0.01 },
  { y0: 0.05, lr: 0.01 },
  { y0: 0.01, lr: 0.05 },
];

/**
 * Steps of gradient descent on −y⁴ from y₀ to y₁ = ½: y′ = 4y³ takes the time (1/y₀² − 1/y₁²)/8. Steps y ← y + η4y³ follow
 * y′ = 4y³ − η·24y⁵ to second order, since half the flow's second derivative is 24y⁵: (3/2) ln(y₁/y₀) steps more.
 */
export function escapeSteps({ y0, lr }: FlatSetting): number {
  return (1 / y0 ** 2 - 1 / FLAT_END ** 2) / 8 / lr + 1.5 * Math.log(FLAT_END / y0);
}
