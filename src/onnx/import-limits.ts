import { tensorOf } from "../graph/leaf.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf } from "../util/tensor.ts";
import { intakeError } from "./intake-error.ts";
import { ThalwegError, type Where } from "../util/thalweg-error.ts";

/** What a model may grow to while it is read: a file of a kilobyte can ask for any number of nodes, and for any memory. */
export interface ImportLimits {
  /** Bytes of all tensors that the file holds. */
  readonly bytes: number;
  /** Nodes, once functions are replaced by their bodies. */
  readonly nodes: number;
  /** Nodes that the iterations of loops are written out to, loops within loops multiplied. */
  readonly steps: number;
  /** Values of the graph that the operators are decomposed into. */
  readonly values: number;
  /** Elements of all constants that are computed from the file's own. */
  readonly constants: number;
  /** Elements of one tensor, at the batch that is imported. */
  readonly elements: number;
  /** By how much the usual limits were raised. */
  readonly raised: number;
}

const USUAL: Omit<ImportLimits, "raised"> = {
  bytes: 2 ** 33,
  nodes: 200_000,
  steps: 2 ** 18,
  values: 2 ** 17,
  constants: 2 ** 24,
  elements: 2 ** 28,
};

/**
 * The usual limits, times a number.
 *
 * @example
 * importLimits(2).elements; // → 536870912
 */
export function importLimits(raised = 1): ImportLimits {
  const scaled = (limit: number) => limit * raised;
  return {
    bytes: scaled(USUAL.bytes),
    nodes: scaled(USUAL.nodes),
    steps: scaled(USUAL.steps),
    values: scaled(USUAL.values),
    constants: scaled(USUAL.constants),
    elements: scaled(USUAL.elements),
    raised,
  };
}

/**
 * The model asks for more than the limits.
 *
 * @param what of what there is too much, as a clause behind the place: "makes a tensor of shape [750000000]"
 */
export function beyondLimits(
  { raised }: ImportLimits,
  code: string,
  { place, what, where }: { readonly place: string; readonly what: string; readonly where?: Where },
): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code,
    message: `${place} ${what}.`,
    where,
    hint: `Raise the limit with --import-limit ${Math.ceil(raised) * 10} if the model is meant to be so large.`,
  });
}

/** Counts what the import of one model makes. */
export class ImportBudget {
  private readonly limits: ImportLimits;
  private steps = 0;
  private weighed = 0;
  private constants = 0;

  constructor(limits: ImportLimits) {
    this.limits = limits;
  }

  /** Notes that a node of a nested graph is written out. */
  step(place: string, where: Where): void {
    if (++this.steps <= this.limits.steps) return;
    throw beyondLimits(this.limits, "too-many-nodes", {
      place,
      what: `is one of more than ${this.limits.steps} nodes that the model's loops are written out to`,
      where,
    });
  }

  /**
   * Weighs the values that a graph has got since the last time.
   *
   * @param isStored whether the file holds a value as it is
   */
  weigh(values: readonly Value[], isStored: (value: Value) => boolean, place: string, where: Where): void {
    const { limits } = this;
    for (; this.weighed < values.length; this.weighed++) {
      const value = values[this.weighed];
      if (isStored(value)) continue;
      const size = sizeOf(value.shape);
      requireSize(limits, value.shape, limits.elements, place, where);
      if (tensorOf(value)) this.constants += size;
    }
    const excess =
      values.length > limits.values
        ? `takes the model to more than ${limits.values} operations`
        : this.constants > limits.constants
          ? `takes the constants that are computed from the file's own to more than ${limits.constants} numbers`
          : undefined;
    if (excess !== undefined) throw beyondLimits(limits, "too-large", { place, what: excess, where });
  }
}

/** More axes than any library of arrays has. */
const MOST_AXES = 64;

/**
 * Checks a tensor before it is made.
 *
 * @param allowed the most elements that it may have
 * @throws input errors `too-large`, `too-many-axes`
 */
export function requireSize(
  limits: ImportLimits,
  shape: readonly number[],
  allowed: number,
  place: string,
  where: Where,
): void {
  if (shape.length > MOST_AXES)
    throw intakeError("too-many-axes", `${place} makes a tensor of ${shape.length} axes.`, where);
  if (shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) && sizeOf(shape) <= allowed) return;
  const what = `makes a tensor of shape [${shape.join(", ")}], of more than ${allowed} numbers`;
  throw beyondLimits(limits, "too-large", { place, what, where });
}
