import { isFloat, type DType } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Elements, Operation, Value } from "./value.ts";

/** Whether elements of a type are of a kind. */
const FITS: Readonly<Record<Elements, (dtype: DType) => boolean>> = {
  numbers: (dtype) => dtype !== "bool",
  floats: isFloat,
  integers: (dtype) => dtype === "int64",
  truths: (dtype) => dtype === "bool",
  anything: () => true,
};

/** @throws ThalwegError `dtype-mismatch` where an input holds what the operation does not take ({@link Operation.takes}) */
export function requireTaken({ name, takes }: Operation, inputs: readonly Value[]): void {
  if (!takes) return;
  inputs.forEach(({ dtype }, i) => {
    const kind = takes[Math.min(i, takes.length - 1)];
    if (FITS[kind](dtype)) return;
    throw new ThalwegError({
      kind: "input",
      code: "dtype-mismatch",
      message: `${name} takes ${NAMES[kind]} as its input number ${i + 1}, not ${dtype}.`,
      where: { op: name },
    });
  });
}

const NAMES: Readonly<Record<Elements, string>> = {
  numbers: "numbers",
  floats: "floating-point numbers",
  integers: "integers",
  truths: "truth values (bool)",
  anything: "anything",
};
