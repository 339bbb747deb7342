import { describe, expect, test } from "vitest";
import { LaneConstants } from "./lane-constants.ts";

const tensor = (data: Float32Array, shape = [data.length]) => ({ dtype: "float32", shape, data }) as const;

function lane() {
  const forgotten: number[] = [];
  return {
    forgotten,
    forget: ({ constants }: { readonly constants: readonly number[] }) => void forgotten.push(...constants),
  };
}

describe("the constants of lanes", () => {
  test("are sent to each lane once, as copies, and forgotten with the last program", () => {
    let next = 7;
    const constants = new LaneConstants(() => next++);
    const data = Float32Array.of(1, 2, 3, 4);
    const [here, there] = [lane(), lane()];
    const first = constants.take(tensor(data));
    const second = constants.take(tensor(data));
    expect(second).toBe(first);
    const [[id, sent]] = first.sentTo(here);
    expect(id).toBe(7);
    expect(sent.data).toEqual(data);
    expect(sent.data.buffer).not.toBe(data.buffer);
    expect(second.sentTo(here)).toEqual([]);
    expect(second.sentTo(there)).toHaveLength(1);
    constants.give(first);
    expect(here.forgotten).toEqual([]);
    constants.give(second);
    expect([here.forgotten, there.forgotten]).toEqual([[7], [7]]);
    const later = constants.take(tensor(data));
    expect(later.id).toBe(8);
    expect(later.sentTo(here)).toHaveLength(1);
  });

  test("are told apart by their array and their shape", () => {
    let next = 0;
    const constants = new LaneConstants(() => next++);
    const data = Float32Array.of(1, 2, 3, 4);
    const ids = [tensor(data), tensor(data, [2, 2]), tensor(data.slice()), tensor(data, [2, 2])].map(
      (each) => constants.take(each).id,
    );
    expect(ids).toEqual([0, 1, 2, 1]);
  });
});
