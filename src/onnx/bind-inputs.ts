import type { Shape } from "../util/tensor.ts";
import { intakeError, listOf } from "./intake-error.ts";
import type { DeclaredValue } from "./onnx-node.ts";

export interface BindOptions {
  /** Extent of the batch axis of every input. */
  readonly batch: number;
  /** Extents of named axes. */
  readonly dimensions?: Readonly<Record<string, number>>;
  /** Shapes of the data, batch axis included (its extent is not used). */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
  /**
   * Which axis of an input counts examples, by name of the input, where it is known better than by
   * {@link batchAxes}. Data and graph then have the examples first: `inputShapes`, and the inputs of the graph,
   * which are turned to the model's layout inside.
   */
  readonly examplesAxes?: ReadonlyMap<string, number>;
}

export interface BoundInputs {
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Extents of the named axes of the file. */
  readonly dimensions: ReadonlyMap<string, number>;
  /** The batch size that the file was exported with, where it fixes one that differs from the one asked for. */
  readonly fixedBatch: number | undefined;
}

/** Names that exporters and people give to the axis that counts examples. */
export const BATCH_NAME = /^(n|b|bs|batch.*|.*batch(_?size)?|dynamic_axes_1)$/i;

/**
 * Which axis of each input counts examples: one named so, else the first open one. Where the file
 * leaves some axis open, inputs of fixed shape have no batch axis; where it fixes everything, the first
 * axis is the batch of the first input and of those that are as long there.
 */
export function batchAxes(inputs: readonly DeclaredValue[]): (number | undefined)[] {
  const anyOpen = inputs.some(({ shape }) => shape.some((extent) => typeof extent !== "number"));
  return inputs.map(({ shape }) => {
    if (shape.length === 0) return undefined;
    if (!anyOpen) return shape[0] === inputs[0].shape[0] ? 0 : undefined;
    const named = shape.findIndex((extent) => typeof extent === "string" && BATCH_NAME.test(extent));
    const open = named >= 0 ? named : shape.findIndex((extent) => typeof extent !== "number");
    return open >= 0 ? open : undefined;
  });
}

/** Shapes of the inputs with every axis bound: to the batch, to the data, to a given size. */
export function bindInputs(inputs: readonly DeclaredValue[], options: BindOptions, file: string): BoundInputs {
  const { batch } = options;
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw intakeError("bad-batch", `The batch size must be a positive integer, not ${batch}.`, { file });
  }
  const dimensions = new Map(Object.entries(options.dimensions ?? {}));
  let fixedBatch: number | undefined;
  const bind = (input: DeclaredValue, name: string, extent: number) => {
    const known = dimensions.get(name);
    if (known !== undefined && known !== extent) {
      throw intakeError(
        "shape-mismatch",
        `The axis ${name} of input ${input.name} should be ${known} long, as elsewhere, but is ${extent}.`,
        { file, input: input.name },
        "Axes that the file gives one name are as long as each other: check the data, or export the model with a name of its own for each axis that is not.",
      );
    }
    dimensions.set(name, extent);
  };
  const axes = batchAxes(inputs).map((axis, i) => options.examplesAxes?.get(inputs[i].name) ?? axis);
  const dataShape = ({ name }: DeclaredValue): Shape | undefined => {
    const { inputShapes } = options;
    if (!inputShapes || !Object.hasOwn(inputShapes, name)) return undefined;
    return fromExamplesFirst(inputShapes[name], options.examplesAxes?.get(name) ?? 0);
  };
  for (const [i, input] of inputs.entries()) {
    const axis = axes[i];
    const data = dataShape(input);
    if (data && data.length !== input.shape.length) {
      throw intakeError(
        "shape-mismatch",
        `The model's input ${input.name} has ${input.shape.length} axes (${describe(input)}), the data has ${data.length} ([${data.join(", ")}]).`,
        { file, input: input.name, shape: data },
        "Reshape the data as the model expects it.",
      );
    }
    input.shape.forEach((declared, each) => {
      if (each === axis) {
        if (typeof declared === "string") bind(input, declared, batch);
        if (typeof declared === "number" && declared !== batch) fixedBatch = declared;
      } else if (data && typeof declared === "number" && declared !== data[each]) {
        throw intakeError(
          "shape-mismatch",
          `The model's input ${input.name} needs the shape ${describe(input)}, the data has [${data.join(", ")}].`,
          { file, input: input.name, shape: data },
          axis === undefined
            ? `The file gives ${input.name} no axis for examples: export the model with one (dynamic_axes), or, where it is the same for all examples, with ${input.name} as a buffer instead of an input.`
            : "Reshape the data as the model expects it.",
        );
      } else if (data && typeof declared === "string") bind(input, declared, data[each]);
    });
  }
  const open: string[] = [];
  const shapes = new Map<string, Shape>();
  for (const [i, input] of inputs.entries()) {
    const axis = axes[i];
    const shape = input.shape.map((declared, each) => {
      if (each === axis) return batch;
      if (typeof declared === "number") return declared;
      const extent = dataShape(input)?.[each] ?? (declared === undefined ? undefined : dimensions.get(declared));
      if (extent === undefined) open.push(`${declared ?? `axis ${each}`} of ${input.name}`);
      return extent ?? 0;
    });
    shapes.set(input.name, shape);
  }
  if (open.length > 0) {
    throw intakeError(
      "open-dimensions",
      `The model leaves open how long these axes are: ${listOf(open)}.`,
      { file },
      "Give the data, or their sizes by name.",
    );
  }
  return { shapes, dimensions, fixedBatch };
}

/** A shape with its first axis moved to where a model counts its examples. */
export function fromExamplesFirst(shape: Shape, axis: number): Shape {
  if (axis === 0) return shape;
  const [examples, ...rest] = shape;
  return [...rest.slice(0, axis), examples, ...rest.slice(axis)];
}

/** A shape in a model's layout with the axis that counts its examples moved to the front. */
export function toExamplesFirst(shape: Shape, axis: number): Shape {
  return axis === 0 ? shape : [shape[axis], ...shape.filter((_, each) => each !== axis)];
}

function describe({ shape }: DeclaredValue): string {
  return `[${shape.map((extent) => extent ?? "?").join(", ")}]`;
}
