import { describe, expect, it } from "vitest";
import { temperedPosterior } from "../src/dynamics/llc/tempered-posterior.ts";
import { gradientsAt } from "../src/problem/gradients-at.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { openedNets } from "./support/open-net.ts";

/* Slopes of a tempered posterior on random batches, against those on all examples. */

const open = openedNets();

describe("slopes on batches", () => {
  const random = createRandom(3);
  const numbers = (shape: number[]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return { dtype: "float64" as const, shape, data: random.normalVector(size) };
  };
  const [examples, batch] = [24, 6];
  const tempering = { inverseTemperature: 40, localization: 2, spread: 1 };

  async function opened() {
    const problem = open("mlp:3-4-2:tanh", { x: numbers([examples, 3]), y: numbers([examples, 2]) });
    const { point } = problem;
    const [home] = await gradientsAt(point, [point.parameters]);
    const density = temperedPosterior(
      point,
      home,
      tempering,
      {},
      {
        size: batch,
        pointOn: (chosen) => problem.at(point.parameters, { examples: chosen }),
      },
    );
    return { density, places: [random.normalVector(point.dimension), new Float64Array(point.dimension)] };
  }

  it("are those on all examples on average", async () => {
    const { density, places } = await opened();
    const [{ gradient: exact }] = await density.at(places);
    const draws = 400;
    const slopes: Float64Array[] = [];
    for (let i = 0; i < draws; i++) slopes.push((await density.slopesOnBatch(places, random))[0]);
    exact.forEach((expected, i) => {
      const mean = slopes.reduce((sum, slope) => sum + slope[i], 0) / draws;
      const variance = slopes.reduce((sum, slope) => sum + (slope[i] - mean) ** 2, 0) / (draws - 1);
      expect(variance).toBeGreaterThan(0);
      expect(Math.abs(mean - expected)).toBeLessThan(4.5 * Math.sqrt(variance / draws));
    });
    expect(density.batchShare).toBe(batch / examples);
  });

  it("are those on all examples at the weights themselves, whatever the batch", async () => {
    const { density, places } = await opened();
    const [, { gradient: exact }] = await density.at(places);
    for (let i = 0; i < 5; i++) {
      const [, slope] = await density.slopesOnBatch(places, random);
      slope.forEach((each, k) => expect(Math.abs(each - exact[k])).toBeLessThan(1e-10 * (1 + Math.abs(exact[k]))));
    }
  });
});
