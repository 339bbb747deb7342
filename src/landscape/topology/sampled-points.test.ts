import { expect, it } from "vitest";
import { norm2 } from "../../linalg/vector.ts";
import { createRandom } from "../../random/random-stream.ts";
import { gridNeighbourhood } from "../../topology/grid-neighbourhood.ts";
import { completeGrid } from "./complete-grid.ts";
import { coordinatesOf } from "./sampled-points.ts";
import { withStraightPaths } from "./straight-paths.ts";

it("points are uniform in a ball: the share within r of its radius is r to the power of the dimension", () => {
  const sampling = { samples: 4001, dimensions: 3, radius: 2 };
  const [centre, ...others] = coordinatesOf(sampling, createRandom(1));
  expect([...centre]).toEqual([0, 0, 0]);
  const shares = [0.3, 0.5, 0.8, 1].map(
    (r) => others.filter((each) => norm2(each) <= 2 * r * (1 + 1e-12)).length / others.length,
  );
  // Four standard deviations of a share of 4000.
  [0.027, 0.125, 0.512, 1].forEach((share, i) =>
    expect(Math.abs(shares[i] - share)).toBeLessThanOrEqual(4 * Math.sqrt((share * (1 - share)) / 4000)),
  );
});

it("a run that was cut short is what is complete about its centre, wherever that lies", () => {
  // 0 is the second of six: every second point about it is the second, the fourth and the sixth.
  const axes = [{ name: "t", values: [-1, 0, 1, 2, 3, 4] }];
  const { axes: kept, values, cutShort } = completeGrid(axes, [null, 5, null, 6, 3, 7], "run");
  expect(kept[0].values).toEqual([0, 2, 4]);
  expect([...values]).toEqual([5, 6, 7]);
  expect(cutShort).toEqual({ points: 6, measured: 4, stride: 2 });
});

it("straight paths have the losses of their own points, in the order in which they are joined", async () => {
  // Two minima on a line that no sample joins, and a slope between them that is no barrier but for its start.
  const coordinates = [0, 1, 4, 5].map((x) => Float64Array.of(x));
  const height = (x: number) => (x <= 1 ? 2 * x : x < 4 ? 2 - (x - 1) / 3 : x - 3.5);
  const asked: number[] = [];
  const cloud = { coordinates, values: coordinates.map(([x]) => height(x)), neighbourhood: gridNeighbourhood([4]) };
  const known = await withStraightPaths(cloud, (_what, points) => {
    asked.push(...points.map(([x]) => x));
    return Promise.resolve(points.map(([x]) => height(x)));
  });
  // From the higher minimum, at 4, to the lower one, at 0, in sixteenths of the way.
  expect(asked).toEqual(Array.from({ length: 15 }, (_, i) => 4 - (i + 1) / 4));
  const next: number[] = [];
  known.neighbourhood.each(2, (point) => next.push(known.coordinates[point][0]));
  expect(next.toSorted((a, b) => a - b)).toEqual([1, 3.75, 5]);
});
