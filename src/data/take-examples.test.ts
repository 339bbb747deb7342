import { describe, expect, it } from "vitest";
import { bytesSource } from "../files/byte-source.ts";
import { encodeNpz } from "../files/npz.ts";
import { createRandom } from "../random/random-stream.ts";
import { openDataset } from "./open-dataset.ts";
import { takeExamples } from "./take-examples.ts";

/** Example i has the inputs (10 i, 10 i + 1) and the label i mod 3. */
const whole = openDataset("data.npz", {
  data: bytesSource(
    "data.npz",
    encodeNpz([
      [
        "x",
        { dtype: "float64", shape: [8, 2], data: Float64Array.from({ length: 16 }, (_, i) => 10 * (i >> 1) + (i % 2)) },
      ],
      ["y", { dtype: "int64", shape: [8], data: Float64Array.from({ length: 8 }, (_, i) => i % 3) }],
    ]),
  ),
});

/** Example i has the inputs (i, 0). */
const many = openDataset("many.npz", {
  data: bytesSource(
    "many.npz",
    encodeNpz([
      [
        "x",
        {
          dtype: "float64",
          shape: [3000, 2],
          data: Float64Array.from({ length: 6000 }, (_, i) => (i % 2 === 0 ? i / 2 : 0)),
        },
      ],
      ["y", { dtype: "int64", shape: [3000], data: new Float64Array(3000) }],
    ]),
  ),
});

const firsts = (data: ArrayLike<number>) => Array.from(data).filter((_, i) => i % 2 === 0);

describe("chosen examples", () => {
  it.each([[[3]], [[0, 1, 2]], [[7, 0, 1]], [[5, 5, 5]], [[2, 3, 2, 3, 4]], [[7, 6, 5, 4]]])(
    "%j are these, in this order",
    (chosen) => {
      const few = takeExamples(whole, Int32Array.from(chosen));
      expect(few.examples).toBe(chosen.length);
      for (let start = 0; start < chosen.length; start++)
        for (let end = start + 1; end <= chosen.length; end++) {
          const { inputs, y } = few.batch(start, end);
          const wanted = chosen.slice(start, end);
          expect(firsts(inputs.x.data)).toEqual(wanted.map((i) => 10 * i));
          expect(inputs.x.shape).toEqual([wanted.length, 2]);
          expect(Array.from(y.data)).toEqual(wanted.map((i) => i % 3));
          expect(few.y(start, end)).toEqual(y);
        }
    },
  );

  it("are read with few reads where they lie near each other, in whatever order", () => {
    const reads: (readonly [number, number])[] = [];
    const watched = {
      ...many,
      batch: (start: number, end: number) => {
        reads.push([start, end]);
        return many.batch(start, end);
      },
    };
    const order = Int32Array.from(createRandom(1).split("order").permutation(many.examples)).filter((i) => i % 3 === 0);
    const { inputs } = takeExamples(watched, order).batch(0, order.length);
    expect(firsts(inputs.x.data)).toEqual(Array.from(order, (i) => i));
    expect(reads).toHaveLength(1);
  });

  it("do not ask that the numbers between them be numbers", () => {
    const holed = {
      ...many,
      batch: (start: number, end: number) => {
        if (start <= 5 && 5 < end) throw new Error("row 5 is no number");
        return many.batch(start, end);
      },
    };
    const few = takeExamples(holed, Int32Array.of(7, 4, 6, 5));
    expect(firsts(few.batch(0, 3).inputs.x.data)).toEqual([7, 4, 6]);
    expect(() => few.batch(0, 4)).toThrow("row 5 is no number");
  });

  it("stay as they were chosen, whatever becomes of the array of indices", () => {
    const indices = Int32Array.of(1, 2);
    const few = takeExamples(whole, indices);
    indices.fill(0);
    expect(Array.from(few.y(0, 2).data)).toEqual([1, 2]);
  });

  it.each([[[8]], [[-1]], [[]]])("%j are refused", (chosen) => {
    expect(() => takeExamples(whole, Int32Array.from(chosen))).toThrow(
      /^(data.npz has no example|No example of data.npz)/,
    );
  });
});
