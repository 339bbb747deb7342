import { expect, it } from "vitest";
import { runtime } from "../../test/support/run-values.ts";
import { Graph } from "../graph/graph.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { sumAll } from "../ops/structure.ts";
import type { DType, Shape } from "../util/tensor.ts";
import { emitModel } from "./emit-model.ts";
import { CHOSEN, loopModel, PASSES } from "./loop-model.ts";

const TARGET = { precision: "float64", portable: false, device: undefined, blockSize: undefined } as const;

const feed = (dtype: DType, shape: Shape, values: readonly number[]) =>
  runtime.feed({ dtype, shape, data: Float64Array.from(values) });

/** w ← a·w + Σ x, still ← still, fixed ← 3; says Σ x. */
async function recurrence(picked: ReadonlySet<string>) {
  const graph = new Graph();
  const w = graph.input("w", "float64", []);
  const x = graph.input("x", "float64", [2]);
  const still = graph.input("still", "float64", [3]);
  const sum = sumAll(mul(x, graph.input("offset", "float64", [])));
  const step = emitModel(
    new Map([
      ["sum", sum],
      ["next w", add(mul(graph.input("a", "float64", []), w), sum)],
      ["next still", still],
      ["next fixed", graph.scalar(3, "float64")],
    ]),
    TARGET,
  );
  const model = loopModel(step, {
    passes: 4,
    rows: 2,
    carried: new Map([
      ["w", "next w"],
      ["still", "next still"],
      ["fixed", "next fixed"],
    ]),
    picked,
    numbers: new Set(["a"]),
  });
  return runtime.compile(model);
}

const GIVEN = [
  ["w", feed("float64", [], [1])],
  ["still", feed("float64", [3], [7, 8, 9])],
  ["fixed", feed("float64", [], [0])],
  ["a", feed("float64", [4], [2, 3, 5, 1000])],
  ["offset", feed("float64", [], [10])],
  [PASSES, feed("int64", [], [3])],
] as const;

it("gives what the recurrence gives by hand, for as many passes as are asked for", async () => {
  const executable = await recurrence(new Set(["x"]));
  const x = feed("float64", [3], [0.1, 0.2, 0.4]);
  const chosen = feed("int64", [4, 2], [0, 1, 2, 2, 1, 0, 0, 0]);
  const found = await executable.run(new Map([...GIVEN, ["x", x], [CHOSEN, chosen]]));
  const [first, second, third] = [10 * 0.1 + 10 * 0.2, 2 * (10 * 0.4), 10 * 0.2 + 10 * 0.1];
  expect(found.get("sum")).toMatchObject({ shape: [3], data: Float64Array.of(first, second, third) });
  expect(found.get("next w")?.data[0]).toBeCloseTo(5 * (3 * (2 + first) + second) + third, 12);
  expect(found.get("next still")?.data).toEqual(Float64Array.of(7, 8, 9));
  expect(found.get("next fixed")?.data).toEqual(Float64Array.of(3));
  await executable.release();
});

it("takes a whole table where nothing is picked", async () => {
  const executable = await recurrence(new Set());
  const found = await executable.run(new Map([...GIVEN, ["x", feed("float64", [2], [0.1, 0.2])]]));
  expect(found.get("sum")?.data).toEqual(Float64Array.of(3, 3, 3));
  await executable.release();
});

it.each([
  ["slice by slice", 3, [2]],
  ["with all at once, where that is one slice", 1, [3, 2]],
] as const)("goes on %s with what a pass gives", async (_, slices, shape) => {
  const graph = new Graph();
  const w = graph.input("w", "float64", [3, 2]);
  const step = emitModel(new Map([["slope", mul(w, graph.input("a", "float64", []))]]), TARGET);
  const piece = new Graph();
  const [part, slope] = ["w", "slope of a part"].map((name) => piece.input(name, "float64", shape));
  const rate = piece.input("rate", "float64", []);
  const slice = emitModel(new Map([["next w", add(part, mul(slope, mul(rate, 0.5)))]]), TARGET);
  const model = loopModel(step, {
    passes: 4,
    rows: 1,
    carried: new Map([["w", "next w"]]),
    picked: new Set(),
    numbers: new Set(["a", "rate"]),
    slicewise: [
      {
        slice,
        slices,
        sliced: new Map([
          ["w", "w"],
          ["slope of a part", "slope"],
        ]),
      },
    ],
  });
  expect([...model.outputs.keys()]).toEqual(["next w"]);
  const executable = await runtime.compile(model);
  const found = await executable.run(
    new Map([
      ["w", feed("float64", [3, 2], [1, 2, 3, 4, 5, 6])],
      ["a", feed("float64", [4], [1, 0.5, 99, 99])],
      ["rate", feed("float64", [4], [4, 8, 99, 99])],
      [PASSES, feed("int64", [], [2])],
    ]),
  );
  expect(found.get("next w")?.data).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6).map((x) => x * (1 + 2) * (1 + 2)));
  await executable.release();
});

it("is fed constants that stand apart, the same in all passes", async () => {
  const size = 2 ** 16;
  const graph = new Graph();
  const w = graph.input("w", "float64", []);
  const weights = graph.constant({
    dtype: "float64",
    shape: [size],
    data: Float64Array.from({ length: size }, (_, i) => i % 3),
  });
  const sum = sumAll(mul(weights, w));
  const step = emitModel(
    new Map([
      ["sum", sum],
      ["next w", add(w, mul(sum, 1 / size))],
    ]),
    TARGET,
    { constantsApartFrom: size },
  );
  const model = loopModel(step, {
    passes: 2,
    rows: 1,
    carried: new Map([["w", "next w"]]),
    picked: new Set(),
    numbers: new Set(),
  });
  expect(model.bytes.length).toBeLessThan(size);
  const executable = await runtime.compile(model);
  const found = await executable.run(
    new Map([
      ["w", feed("float64", [], [1])],
      [PASSES, feed("int64", [], [2])],
    ]),
  );
  const mean = (size - 1) / size;
  const [first, second] = [size * mean, size * mean * (1 + mean)];
  expect(found.get("sum")?.data[0]).toBeCloseTo(first, 6);
  expect(found.get("sum")?.data[1]).toBeCloseTo(second, 6);
  expect(found.get("next w")?.data[0]).toBeCloseTo((1 + mean) ** 2, 12);
  await executable.release();
});
