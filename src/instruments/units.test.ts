import { describe, expect, it } from "vitest";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { createRandom } from "../random/random-stream.ts";
import { judge } from "./judge-verdict.ts";
import { deskOf } from "../../test/support/desk-of.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { sliceAxis } from "../ops/movement.ts";
import { relu, sigmoid, tanh } from "../ops/unary.ts";
import type { Value } from "../graph/value.ts";
import { array, buildProblem, labels, type BuildNetwork } from "../../test/support/build-problem.ts";
import { sizeOf } from "../util/tensor.ts";
import { unitsInstrument } from "./units.ts";
import { partOf, resultWith } from "../../test/support/result-with.ts";

const OPTIONS = { top: 1, bottom: 1, exactLimit: 0 };

/** Four hidden units on one input: one ordinary, its double, one that is never active, one that always is. */
function layerOf(activation: string) {
  const problem = denseProblem(
    [
      { name: "hidden", inputs: 1, weights: [1, 2, 1, 1], bias: [0, 0, -50, 50], activation },
      { name: "out", inputs: 4, weights: [1, -1, 0.5, 1, 1, -1, 2, 0.1], bias: [0, 0] },
    ],
    [-2, -1, -0.5, 0.5, 1, 2, 3].map((x) => [x]),
    [0, 1, 0, 1, 0, 1, 0],
    crossEntropy,
    { batchSize: 3 },
  );
  return deskOf(problem, OPTIONS);
}

describe("units", () => {
  it("of a ReLU layer: dead, always active, repeated", async () => {
    const desk = layerOf("Relu");
    const parts = await partOf(unitsInstrument, desk);
    expect(parts.units).toMatchObject([
      {
        name: "hidden.weight",
        activation: "Relu",
        units: 4,
        dead: 1,
        alwaysActive: 1,
        saturated: null,
        constant: 1,
        duplicates: 1,
      },
    ]);
    const statistics = desk.arrays.entries().get("units.0.statistics");
    const ordinary = [0, 0, 0, 0.5, 1, 2, 3];
    expect(statistics?.data[0]).toBeCloseTo(6.5 / 7, 12);
    expect(statistics?.data[1]).toBeCloseTo(
      Math.sqrt(ordinary.reduce((sum, x) => sum + x * x, 0) / 7 - (6.5 / 7) ** 2),
      12,
    );
    expect(statistics?.data[2]).toBeCloseTo(4 / 7, 12);
    expect(statistics?.data[3]).toBe(3);
    expect(
      unitsInstrument
        .verdicts(resultWith(parts))
        .flatMap(judge)
        .map(({ text }) => text),
    ).toEqual([expect.stringMatching(/1 of the 4 units .* dead/), expect.stringMatching(/repeat/)]);
  });

  it.each([
    { difference: 1e-3, duplicates: 1 },
    { difference: 1e-4, duplicates: 1 },
    { difference: 0, duplicates: 2 },
  ])(
    "in float32 that differ by $difference of a large input are $duplicates repeated",
    async ({ difference, duplicates }) => {
      // A year beside another feature: all directions are near that of the year.
      const problem = denseProblem(
        [
          { name: "hidden", inputs: 2, weights: [1, 1, 2, difference * 100, 0, 0], activation: "Relu" },
          { name: "out", inputs: 3, weights: [1, -1, 0.5, 1, 1, -1], bias: [0, 0] },
        ],
        [-2, -1, -0.5, 0.5, 1, 2, 3].map((x, i) => [2010 + i, 10 * x]),
        [0, 1, 0, 1, 0, 1, 0],
        crossEntropy,
        { batchSize: 3, precision: "float32" },
      );
      expect((await partOf(unitsInstrument, deskOf(problem, OPTIONS))).units).toMatchObject([{ duplicates }]);
      const statistics = deskOf(problem, OPTIONS);
      await partOf(unitsInstrument, statistics);
      // The years 2010 to 2016.
      expect(statistics.arrays.entries().get("units.0.statistics")?.data[5]).toBeCloseTo(2, difference === 0 ? 9 : 0);
    },
  );

  it("of a tanh and a sigmoid layer: saturated", async () => {
    for (const activation of ["Tanh", "Sigmoid"]) {
      const parts = await partOf(unitsInstrument, layerOf(activation));
      expect(parts.units).toMatchObject([{ activation, dead: null, saturated: 2 }]);
    }
  });

  const stream = createRandom(5);
  const normal = (label: string, ...shape: number[]) => array(shape, stream.split(label).normalVector(sizeOf(shape)));

  /** A recurrence over four steps of two inputs with three units; the network of a step is given. */
  function recurrence(weights: Record<string, ReturnType<typeof normal>>, build: BuildNetwork) {
    const problem = buildProblem(
      {
        x: normal("x", 5, 8),
        y: labels([5], [0, 1, 0, 1, 1]),
        parameters: { ...weights, out: normal("out", 3, 2) },
        loss: crossEntropy,
        build,
      },
      { batchSize: 2 },
    );
    return deskOf(problem, OPTIONS);
  }
  const at = (x: Value, t: number) => sliceAxis(x, 1, 2 * t, 2 * t + 2);

  it("of a recurrence: one layer over all time steps", async () => {
    const [w, r] = [normal("w", 2, 3), normal("r", 3, 3)];
    const desk = recurrence({ w, r }, (x, parameters) => {
      let h: Value | undefined;
      for (let t = 0; t < 4; t++) {
        const input = matmul(at(x, t), parameters.w);
        h = relu(h ? add(input, matmul(h, parameters.r)) : input);
      }
      return matmul(h ?? x, parameters.out);
    });
    const parts = await partOf(unitsInstrument, desk);
    expect(parts.units).toMatchObject([{ name: "r", activation: "Relu", units: 3, applications: 4 }]);
    // The same recurrence, number by number.
    const x = normal("x", 5, 8).data;
    const seen: number[][] = [[], [], []];
    for (let n = 0; n < 5; n++) {
      let h = [0, 0, 0];
      for (let t = 0; t < 4; t++) {
        const input = [x[8 * n + 2 * t], x[8 * n + 2 * t + 1]];
        h = [0, 1, 2].map((j) =>
          Math.max(
            0,
            input.reduce((sum, value, i) => sum + value * w.data[3 * i + j], 0) +
              h.reduce((sum, value, i) => sum + value * r.data[3 * i + j], 0),
          ),
        );
        h.forEach((value, j) => seen[j].push(value));
      }
    }
    const statistics = desk.arrays.entries().get("units.0.statistics");
    for (let j = 0; j < 3; j++) {
      expect(statistics?.data[4 * j]).toBeCloseTo(seen[j].reduce((sum, value) => sum + value, 0) / 20, 12);
      expect(statistics?.data[4 * j + 2]).toBeCloseTo(seen[j].filter((value) => value > 0).length / 20, 12);
      expect(statistics?.data[4 * j + 3]).toBeCloseTo(Math.max(...seen[j]), 12);
    }
  });

  it.each(["zero", "learned"])("of a gated recurrence that starts at a %s state: one layer a gate", async (start) => {
    const desk = recurrence(
      {
        w: normal("w", 2, 12),
        r: normal("r", 3, 12),
        b: normal("b", 12),
        b2: normal("b2", 12),
        hidden: normal("hidden", 1, 3),
        cell: normal("cell", 1, 3),
      },
      (x, { w, r, b, b2, hidden, cell, out }) => {
        let h = start === "learned" ? hidden : undefined;
        let c = start === "learned" ? cell : undefined;
        for (let t = 0; t < 4; t++) {
          const input = add(matmul(at(x, t), w), b);
          const all = add(input, h ? add(matmul(h, r), b2) : b2);
          const gate = (k: number) => sliceAxis(all, 1, 3 * k, 3 * k + 3);
          const fresh = mul(sigmoid(gate(0)), tanh(gate(3)));
          c = c ? add(mul(sigmoid(gate(2)), c), fresh) : fresh;
          h = mul(sigmoid(gate(1)), tanh(c));
        }
        return matmul(h ?? x, out);
      },
    );
    const parts = await partOf(unitsInstrument, desk);
    const layers = parts.units?.map(
      ({ activation, applications, units }) => `${activation} ${units} × ${applications}`,
    );
    // Input, output and forget gate (of no use in a first step from zero), candidate and cell.
    const forget = start === "zero" ? "Sigmoid 3 × 3" : "Sigmoid 3 × 4";
    const expected = [forget, "Sigmoid 3 × 4", "Sigmoid 3 × 4", "Tanh 3 × 4", "Tanh 3 × 4"];
    expect(layers?.toSorted()).toEqual(expected.toSorted());
    expect(new Set(parts.units?.map(({ name, activation }) => `${activation} ${name}`)).size).toBe(5);
  });
});
