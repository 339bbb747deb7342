import { expect, it } from "vitest";
import type { Runtime, Slot } from "../runtime/runtime.ts";
import { fedName } from "./file-names.ts";
import { type HeldParameters, ParameterSlots } from "./parameter-slots.ts";
import { ParameterSpace } from "./parameter-space.ts";

const space = new ParameterSpace([
  { name: "w", shape: [2, 2] },
  { name: "b", shape: [2] },
]);

/** A runtime whose slots can be read. */
function readable() {
  const held = new Map<Slot, Float64Array>();
  const slot: Runtime["slot"] = (_precision, shape) => {
    const data = new Float64Array(shape.reduce((product, extent) => product * extent, 1));
    const made: Slot = { elements: data.length, release: () => {}, write: (values, at) => data.set(values, at) };
    held.set(made, data);
    return made;
  };
  const read = (slots: ReadonlyMap<string, Slot>, name: string) =>
    Array.from(held.get(slots.get(fedName(name)) ?? { elements: 0, release: () => {}, write: () => {} }) ?? []);
  return { slot, read, held };
}

it("gives each point parameters of its own, and those of a point that is done to another", () => {
  const { slot, read: readSlot, held } = readable();
  const read = ({ slots: own }: HeldParameters, name: string) => readSlot(own, name);
  const slots = new ParameterSlots(space, "float64", { slot });
  const first = slots.take(Float64Array.of(1, 2, 3, 4, 5, 6));
  const second = slots.take(Float64Array.of(7, 8, 9, 10, 11, 12));
  expect([read(first, "w"), read(first, "b")]).toEqual([
    [1, 2, 3, 4],
    [5, 6],
  ]);
  expect([read(second, "w"), read(second, "b")]).toEqual([
    [7, 8, 9, 10],
    [11, 12],
  ]);
  expect([...first.theta]).toEqual([1, 2, 3, 4, 5, 6]);
  slots.give(first);
  const third = slots.take(Float64Array.of(0, 0, 0, 1, 0, 2));
  expect(third).toBe(first);
  expect([[...third.theta], [...second.theta]]).toEqual([
    [0, 0, 0, 1, 0, 2],
    [7, 8, 9, 10, 11, 12],
  ]);
  expect([read(third, "w"), read(third, "b"), read(second, "b")]).toEqual([
    [0, 0, 0, 1],
    [0, 2],
    [11, 12],
  ]);
  expect(held.size).toBe(4);
  // What was handed out again is not idle any more.
  expect(slots.take(new Float64Array(6))).not.toBe(first);
  expect(held.size).toBe(6);
});

it("gives points at one θ the same parameters, to the last bit, until the last of them is done", () => {
  const { slot, held } = readable();
  const slots = new ParameterSlots(space, "float64", { slot });
  const theta = Float64Array.of(1, 2, 3, 4, 0, 6);
  const first = slots.take(theta);
  const second = slots.take(theta.slice());
  expect(second).toBe(first);
  expect(slots.take(theta.map((x) => (x === 0 ? -0 : x)))).not.toBe(first);
  slots.give(first);
  // The other is still at it.
  const elsewhere = slots.take(theta.map((x) => -x));
  expect(elsewhere).not.toBe(first);
  expect([...second.theta]).toEqual([...theta]);
  slots.give(second);
  expect(slots.take(theta.map((x) => 2 * x))).toBe(first);
  expect(held.size).toBe(6);
});
