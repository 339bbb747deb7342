/**
 * What an update rule is written over: numbers where the computer walks, values of a graph where training is part of one.
 * Either operand may be a plain number.
 */
export interface Arithmetic<T> {
  add(x: T | number, y: T | number): T;
  sub(x: T | number, y: T | number): T;
  mul(x: T | number, y: T | number): T;
  div(x: T | number, y: T | number): T;
  max(x: T | number, y: T | number): T;
  sqrt(x: T): T;
  /** −1, 0 or 1. */
  sign(x: T): T;
}

/** Arithmetic of numbers, in float64. */
export const numberArithmetic: Arithmetic<number> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  max: (x, y) => Math.max(x, y),
  sqrt: (x) => Math.sqrt(x),
  sign: (x) => Math.sign(x),
};
