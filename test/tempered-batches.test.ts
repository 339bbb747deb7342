import { describe, expect, it } from "vitest";
import { temperedPosterior } from "../src/dynamics/llc/tempered-posterior.ts";
import { sampleMean } from "../src/linalg/sample-mean.ts";
import { gradientsAt } from "../src/problem/gradients-at.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { denseProblem } from "./support/dense-problem.ts";
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

describe("slopes on batches of examples that count unequally", () => {
  const random = createRandom(4);
  const numbers = (label: string, count: number) => [...random.split(label).normalVector(count)];
  const [examples, batch, classes] = [24, 4, 3];
  const x = Array.from({ length: examples }, (_, i) => numbers(`x ${i}`, 3));
  // Most of the examples have no weight, so that batches without any are drawn.
  const labels = x.map((_, i) => (i % 8 === 0 ? 0 : i % 8 === 1 ? 1 : 2));

  async function opened() {
    const loss = crossEntropy.configured?.({ weights: [20, 1, 0] }) ?? crossEntropy;
    const layers = [{ name: "one", inputs: 3, weights: numbers("weights", 3 * classes) }];
    const problem = denseProblem(layers, x, labels, loss, { l2: 0.1 });
    const { point } = problem;
    const [home] = await gradientsAt(point, [point.parameters]);
    let empty = 0;
    const pointOn = (chosen: Int32Array) => {
      if (!problem.hasTerms(chosen)) empty++;
      return problem.onBatch(point.parameters, chosen);
    };
    const tempering = { inverseTemperature: 40, localization: 2, spread: 1 };
    const density = temperedPosterior(point, home, tempering, {}, { size: batch, pointOn });
    const place = random.split("place").normalVector(point.dimension);
    const [{ gradient: exact }] = await density.at([place]);
    return { problem, density, place, exact, empty: () => empty };
  }

  it("are right on average, those of batches without a counted label among them", async () => {
    const { problem, density, place, exact, empty } = await opened();
    const draws = 600;
    const slopes: Float64Array[] = [];
    for (let i = 0; i < draws; i++) slopes.push((await density.slopesOnBatch([place], random))[0]);
    exact.forEach((expected, i) => {
      const { value, standardError } = sampleMean(Float64Array.from(slopes, (slope) => slope[i]));
      expect(Math.abs(value - expected)).toBeLessThan(4.5 * standardError);
    });
    // C(18, 4)/C(24, 4) of the batches.
    expect(empty() / draws).toBeGreaterThan(0.2);
    await problem.close();
  });

  it("of a division of all examples are right together", async () => {
    const { problem, density, place, exact } = await opened();
    const parts: Float64Array[] = [];
    for await (const [slope] of density.slopesOnDivision([place], random)) parts.push(slope);
    expect(parts).toHaveLength(examples / batch);
    exact.forEach((expected, i) =>
      expect(parts.reduce((sum, part) => sum + part[i] / parts.length, 0)).toBeCloseTo(expected, 10),
    );
    await problem.close();
  });
});
