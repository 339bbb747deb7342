import { describe, expect, test } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { compareOutput } from "./compare-outputs.ts";

const U = 2 ** -24;
const noise = (size: number, label: string) => createRandom(2).split(label).normalVector(size);
const compare = (file: ArrayLike<number>, imported: ArrayLike<number>, samples: ArrayLike<number>[] = []) =>
  compareOutput({ name: "y", shape: [file.length], file, imported }, samples, U);

describe("outputs are compared element by element", () => {
  const x = noise(400, "x");
  const rounded = (label: string) => x.map((each, i) => each + 1e-7 * noise(400, label)[i]);

  test("rounding passes, 0.1 % of one element does not", () => {
    const file = rounded("file");
    const samples = [rounded("a"), rounded("b")];
    expect(compare(file, x, samples).beyond).toBe(0);
    file[17] *= 1.001;
    expect(compare(file, x, samples)).toMatchObject({ beyond: 1, position: [17] });
  });

  test("NaN and infinity must stand where they stand in the file", () => {
    expect(compare([Number.NaN, Infinity, -Infinity, 1], [Number.NaN, Infinity, -Infinity, 1]).beyond).toBe(0);
    expect(compare([Number.NaN, 1], [0, 1]).beyond).toBe(1);
    expect(compare([Infinity, 1], [-Infinity, 1]).beyond).toBe(1);
    expect(compare([0, 1], [Number.NaN, 1]).beyond).toBe(1);
  });

  test("a mask of −1e9 hides no small element", () => {
    const masked = x.map((each, i) => (i % 2 === 0 ? each : -1e9 + each));
    const float32 = Float32Array.from(masked);
    const file = Float32Array.from(float32);
    expect(compare(file, float32, [masked]).beyond).toBe(0);
    file[6] *= 1.001;
    expect(compare(file, float32, [masked]).beyond).toBe(1);
  });

  test("a flipped index passes only where rounding flips it", () => {
    const indices = Float64Array.from({ length: 100 }, (_, i) => i % 7);
    const flipped = indices.with(40, 3);
    const other = indices.with(41, 0);
    expect(compare(flipped, indices, [flipped]).beyond).toBe(0);
    expect(compare(other, indices, [flipped]).beyond).toBe(1);
  });

  test("says where rounding leaves nothing to compare", () => {
    const wild = x.map((each) => each * 3);
    expect(compare(rounded("file"), x, [wild])).toMatchObject({ beyond: 0, unresolved: 400 });
  });
});
