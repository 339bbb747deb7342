import { expect, it } from "vitest";
import { principalComponents } from "./principal-components.ts";

it("are about the mean, wherever that lies, by falling variance, the first point on the positive side", () => {
  // About (10, −20, 30): ±3 along (0, 1, 0) and ±1 along (1, 0, 0).
  const points = [
    [10, -17, 30],
    [10, -23, 30],
    [9, -20, 30],
    [11, -20, 30],
  ].map((point) => Float64Array.from(point));
  const { vectors, variances, total } = principalComponents(points);
  expect(vectors).toHaveLength(2);
  [0, 1, 0].forEach((x, i) => expect(vectors[0][i]).toBeCloseTo(x, 12));
  [1, 0, 0].forEach((x, i) => expect(Math.abs(vectors[1][i])).toBeCloseTo(x, 12));
  expect(variances[0]).toBeCloseTo(18, 10);
  expect(variances[1]).toBeCloseTo(2, 10);
  expect(total).toBeCloseTo(20, 10);
  // The second point is the first one now.
  const turned = principalComponents([points[1], points[0], points[2], points[3]]);
  expect(turned.vectors[0][1]).toBeCloseTo(-1, 12);
});
