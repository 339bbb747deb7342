import { ThalwegError } from "../util/thalweg-error.ts";
import { sameShape } from "./broadcast.ts";
import type { Value, ValueType } from "./value.ts";

/** An element type and a shape as text: `float32[10, 5]`. */
export function typeText({ dtype, shape }: ValueType): string {
  return `${dtype}[${shape.join(", ")}]`;
}

/**
 * The value, which must have the type that what stands for it had: a rule that breaks this would go unnoticed wherever
 * broadcasting makes the shapes fit again.
 */
export function requireType(step: string, value: Value, type: ValueType): Value {
  if (value.dtype === type.dtype && sameShape(value.shape, type.shape)) return value;
  throw new ThalwegError({
    kind: "internal",
    code: "changed-type",
    message: `${step} gave ${typeText(value)} where ${typeText(type)} belongs.`,
  });
}
