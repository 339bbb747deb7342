import { describe, expect, it } from "vitest";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { createRandom } from "../random/random-stream.ts";
import { Measurement } from "./measurement.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { unitsInstrument } from "./units.ts";

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
  return new Measurement(
    problem,
    createRandom(0),
    {},
    { top: 1, bottom: 1, tolerance: undefined, exactLimit: 0, traceTolerance: 0.02 },
  );
}

describe("units", () => {
  it("of a ReLU layer: dead, always active, repeated", async () => {
    const measurement = layerOf("Relu");
    const { parts } = await unitsInstrument.run(measurement, {});
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
    const statistics = measurement.arrays.entries().get("units.0.statistics");
    const ordinary = [0, 0, 0, 0.5, 1, 2, 3];
    expect(statistics?.data[0]).toBeCloseTo(6.5 / 7, 12);
    expect(statistics?.data[1]).toBeCloseTo(
      Math.sqrt(ordinary.reduce((sum, x) => sum + x * x, 0) / 7 - (6.5 / 7) ** 2),
      12,
    );
    expect(statistics?.data[2]).toBeCloseTo(4 / 7, 12);
    expect(statistics?.data[3]).toBe(3);
    expect(unitsInstrument.verdicts(parts).map(({ text }) => text)).toEqual([
      expect.stringMatching(/1 of the 4 units .* dead/),
      expect.stringMatching(/repeat/),
    ]);
  });

  it("of a tanh and a sigmoid layer: saturated", async () => {
    for (const activation of ["Tanh", "Sigmoid"]) {
      const { parts } = await unitsInstrument.run(layerOf(activation), {});
      expect(parts.units).toMatchObject([{ activation, dead: null, saturated: 2 }]);
    }
  });
});
