import { tensorOf } from "../../graph/leaf.ts";
import type { UnitIndex, Value } from "../../graph/value.ts";
import { sizeOf, type Shape, type Tensor } from "../../util/tensor.ts";

/** Where numbered things come to lie, as their numbers plus one; 0 where there is none of them. */
export type Places = Tensor;

/** Every element of a value by its place in row-major order. */
export function placesOf({ shape }: Value): Places {
  return { dtype: "int64", shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => i + 1) };
}

/** Where they lie behind a node: moved, or changed in place; undefined where they are mixed. */
export function movedBy(node: Value, tracked: ReadonlyMap<Value, Places>): Places | undefined {
  const { operation, inputs, shape } = node;
  const given = inputs.map((input) => tracked.get(input));
  if (operation.moves) {
    const indices = inputs.map((input) => (input.dtype === "int64" ? tensorOf(input) : undefined));
    if (inputs.some(({ dtype }, i) => dtype === "int64" && indices[i] === undefined)) return undefined;
    const nothing = ({ shape: extents }: Value): Places => ({
      dtype: "int64",
      shape: extents,
      data: new Float64Array(sizeOf(extents)),
    });
    return operation.evaluate?.(
      inputs.map((input, i) => indices[i] ?? given[i] ?? nothing(input)),
      { dtype: "int64", shape },
    );
  }
  if (!operation.elementwise) return undefined;
  return given.find((places) => places?.shape.join() === shape.join());
}

/** The number that the indices along some axes make together, for every element in row-major order. */
export function numbersAlong(shape: Shape, axes: readonly UnitIndex[]): Float64Array {
  const parts = axes.map((each) => (typeof each === "number" ? { axis: each, groups: shape[each] } : each));
  // Elements from one group to the next, and from one block of all groups to the next.
  const inner = parts.map(({ axis, groups }) => sizeOf(shape.slice(axis)) / groups);
  return Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    parts.reduce((number, { groups }, k) => number * groups + (Math.floor(i / inner[k]) % groups), 0),
  );
}
