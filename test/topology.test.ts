import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../src/random/random-stream.ts";
import { basinsOf } from "../src/topology/basins.ts";
import { bottleneckDistance } from "../src/topology/bottleneck-distance.ts";
import { checkEulerCharacteristic } from "../src/topology/euler-characteristic.ts";
import type { Filtration } from "../src/topology/filtration.ts";
import { gridFiltration } from "../src/topology/grid-filtration.ts";
import { gridNeighbourhood } from "../src/topology/grid-neighbourhood.ts";
import { meetingLevel, mergeTree, type MergeTree } from "../src/topology/merge-tree.ts";
import { nearestNeighbours } from "../src/topology/nearest-neighbours.ts";
import type { Neighbourhood } from "../src/topology/neighbourhood.ts";
import { type Bar, persistentHomology } from "../src/topology/persistent-homology.ts";

interface Oracle {
  readonly grids: readonly {
    readonly shape: readonly number[];
    readonly values: readonly (number | null)[];
    readonly bars: readonly (readonly [number, number, number | null])[];
  }[];
  readonly graphs: readonly {
    readonly points: readonly (readonly number[])[];
    readonly count: number;
    readonly values: readonly number[];
    readonly bars: readonly (readonly [number, number, number | null])[];
  }[];
  readonly pairs: readonly {
    readonly a: readonly (readonly [number, number | null])[];
    readonly b: readonly (readonly [number, number | null])[];
    readonly distance: number;
  }[];
}

const oracle: Oracle = JSON.parse(readFileSync(new URL("topology/oracle.json", import.meta.url), "utf8"));
const INFINITE = Number.POSITIVE_INFINITY;

type Row = readonly [dimension: number, birth: number, death: number];

function sorted(rows: readonly Row[]): Row[] {
  // GUDHI keeps the sign of a zero.
  return rows
    .map(([dimension, birth, death]): Row => [dimension, birth + 0, death + 0])
    .sort((x, y) => x[0] - y[0] || x[1] - y[1] || (x[2] < y[2] ? -1 : Number(x[2] > y[2])));
}

const rowsOf = (bars: readonly Bar[]) => sorted(bars.map(({ dimension, birth, death }) => [dimension, birth, death]));
const componentsOf = ({ minima }: MergeTree) => sorted(minima.map(({ birth, death }): Row => [0, birth, death]));
const expected = (bars: Oracle["grids"][number]["bars"]) => sorted(bars.map(([d, b, e]): Row => [d, b, e ?? INFINITE]));
const barsOf = (values: ArrayLike<number>, shape: readonly number[]) =>
  persistentHomology(gridFiltration(values, shape));

function randomSurface(seed: number, rows: number, columns: number): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: rows * columns }, () => random.normal());
}

describe("diagrams are those of GUDHI", () => {
  it.each([...oracle.grids.keys()])("grid %i", (i) => {
    const { shape, values, bars } = oracle.grids[i];
    const given = values.map((value) => value ?? INFINITE);
    expect(rowsOf(barsOf(given, shape))).toEqual(expected(bars));
    expect(componentsOf(mergeTree(given, gridNeighbourhood(shape)))).toEqual(
      expected(bars.filter(([dimension]) => dimension === 0)),
    );
  });

  it.each([...oracle.graphs.keys()])("graph of nearest neighbours %i", (i) => {
    const { points, count, values, bars } = oracle.graphs[i];
    const graph = nearestNeighbours(
      points.map((point) => Float64Array.from(point)),
      count,
    );
    expect(componentsOf(mergeTree(values, graph))).toEqual(expected(bars));
  });

  it.each([...oracle.pairs.keys()])("bottleneck distance of pair %i", (i) => {
    const { a, b, distance } = oracle.pairs[i];
    const points = (rows: Oracle["pairs"][number]["a"]) =>
      rows.map(([birth, death]) => ({ birth, death: death ?? INFINITE }));
    // Half a length is rounded in another order there.
    expect(bottleneckDistance(points(a), points(b))).toBeCloseTo(distance, 14);
  });
});

describe("sublevel sets", () => {
  it("a double well has the bars (−¼, ∞) and (−¼, 0), exactly", () => {
    const w = Float64Array.from({ length: 129 }, (_, i) => (i - 64) / 32);
    const values = w.map((x) => x ** 4 / 4 - x ** 2 / 2);
    const { minima } = mergeTree(values, gridNeighbourhood([129]));
    expect(minima.map(({ birth, death }) => [birth, death])).toEqual([
      [-0.25, INFINITE],
      [-0.25, 0],
    ]);
    expect(minima.map(({ at }) => w[at])).toEqual([-1, 1]);
    expect(w[minima[1].saddle ?? 0]).toBe(0);
    // 0 < w < √2, in steps of 1/32.
    expect(minima.map(({ below }) => below)).toEqual([129, 45]);
  });

  it("a plateau is one minimum, and one that is not at the bottom is none", () => {
    const { minima } = mergeTree([2, 0, 0, 0, 2, 1, 1, 3], gridNeighbourhood([8]));
    expect(minima.map(({ birth, death }) => [birth, death])).toEqual([
      [0, INFINITE],
      [1, 2],
    ]);
    // Steps on the way down: each is flat, and neither is a minimum.
    expect(mergeTree([3, 2, 2, 1, 1, 0], gridNeighbourhood([6])).minima).toHaveLength(1);
    expect(barsOf([1, 1, 1, 1, 1, 1, 1, 1, 1], [3, 3])).toHaveLength(1);
  });

  it("what is nowhere finite is in no sublevel set, and parts what it stands between", () => {
    const { minima, descent } = mergeTree([1, INFINITE, 0, Number.NaN, 2], gridNeighbourhood([5]));
    expect(minima.map(({ birth, death }) => [birth, death])).toEqual([
      [0, INFINITE],
      [1, INFINITE],
      [2, INFINITE],
    ]);
    expect([...descent]).toEqual([1, -1, 0, -1, 2]);
    expect(mergeTree([INFINITE, Number.NaN], gridNeighbourhood([2])).minima).toEqual([]);
    expect(barsOf([INFINITE, INFINITE, INFINITE, INFINITE], [2, 2])).toEqual([]);
  });

  it("the components of every grid are those of the boundary matrix, and cells are counted as bars are, on 100 surfaces", () => {
    for (let seed = 0; seed < 100; seed++) {
      const values = randomSurface(seed, 11, 14).map((x) => (seed % 2 === 0 ? x : Math.round(2 * x)));
      const filtration = gridFiltration(values, [11, 14]);
      const bars = persistentHomology(filtration);
      expect(rowsOf(bars.filter(({ dimension }) => dimension === 0))).toEqual(
        componentsOf(mergeTree(values, gridNeighbourhood([11, 14]))),
      );
      const { levels, differing } = checkEulerCharacteristic(filtration, bars);
      expect(levels).toBe(new Set(values).size);
      expect(differing).toBe(0);
      // A rectangle: one component, no loop. Morse: Σ(−1)^k of the critical points is 1.
      expect(bars.filter(({ death }) => death === INFINITE).map(({ dimension }) => dimension)).toEqual([0]);
      expect(criticalSum(filtration)).toBe(1);
      // The count sees a bar that is missing.
      expect(checkEulerCharacteristic(filtration, bars.slice(1)).differing).toBeGreaterThan(0);
    }
  });

  it("bars are where the function is: from a minimum to the pass, and from the end of a ring to the top within", () => {
    const values = randomSurface(3, 9, 9);
    const { minima } = mergeTree(values, gridNeighbourhood([9, 9]));
    const components = barsOf(values, [9, 9]).filter(({ dimension }) => dimension === 0);
    const byStart = (a: readonly unknown[], b: readonly unknown[]) => Number(a[0]) - Number(b[0]);
    expect(components.map(({ bornAt, diesAt }) => [bornAt, diesAt]).sort(byStart)).toEqual(
      minima.map(({ at, saddle }) => [at, saddle]).sort(byStart),
    );
    // The ring closes with its highest point, 3.
    const ring = barsOf([0, 1, 0, 3, 9, 1, 0, 2, 0], [3, 3]).filter(({ dimension }) => dimension === 1);
    expect(ring).toEqual([{ dimension: 1, birth: 3, death: 9, bornAt: 3, diesAt: 4 }]);
  });

  it("what lies below a pass is the part of the younger minimum alone", () => {
    const { minima } = mergeTree([0, 1, 2, 3, 1.5, 4], gridNeighbourhood([6]));
    expect(minima.map(({ at, saddle, elder, below }) => [at, saddle, elder, below])).toEqual([
      [0, undefined, undefined, 6],
      [4, 3, 0, 1],
    ]);
  });

  it("diagrams move by no more than the functions do, on 100 pairs", () => {
    let closest = 0;
    for (let seed = 0; seed < 100; seed++) {
      const f = randomSurface(seed, 9, 10);
      const noise = randomSurface(1000 + seed, 9, 10);
      const g = f.map((x, i) => x + 0.3 * noise[i]);
      const largest = f.reduce((most, x, i) => Math.max(most, Math.abs(x - g[i])), 0);
      for (const dimension of [0, 1]) {
        const [a, b] = [f, g].map((values) => barsOf(values, [9, 10]).filter((bar) => bar.dimension === dimension));
        const distance = bottleneckDistance(a, b);
        expect(distance).toBeLessThanOrEqual(largest);
        closest = Math.max(closest, distance / largest);
        expect(bottleneckDistance(b, a)).toBe(distance);
        expect(bottleneckDistance(a, a)).toBe(0);
      }
    }
    expect(closest).toBeGreaterThan(0.5);
  });

  it("a valley between two axes has minima that go where samples touch at corners", () => {
    const [rows, columns] = [21, 21];
    const values = Float64Array.from({ length: rows * columns }, (_, point) => {
      const [y, x] = [Math.floor(point / columns) / 10 - 1, (point % columns) / 10 - 1];
      return 100 * (x - y) ** 2 + (x + y - 0.3) ** 2;
    });
    expect(mergeTree(values, gridNeighbourhood([rows, columns])).minima.length).toBeGreaterThan(10);
    const { minima } = mergeTree(values, gridNeighbourhood([rows, columns], true));
    // Two samples are as near to the true minimum.
    expect(minima.length).toBeLessThanOrEqual(2);
    const found: number[] = [];
    gridNeighbourhood([3, 3, 3], true).each(13, (other) => found.push(other));
    expect(new Set(found).size).toBe(26);
    expect(found).not.toContain(13);
  });

  it("the same function under x → sinh x has the same diagram up to what the grid leaves", () => {
    const f = (x: number) => x ** 4 / 4 - x ** 2 / 2 + x / 10;
    const even = Float64Array.from({ length: 201 }, (_, i) => -1.8 + (3.6 * i) / 200);
    const bent = Float64Array.from({ length: 201 }, (_, i) => Math.sinh((Math.asinh(1.8) * (i - 100)) / 100));
    const [a, b] = [even, bent].map((x) => mergeTree(x.map(f), gridNeighbourhood([x.length])).minima);
    // A minimum or pass lies within half a step of a sample, which is off by ⅛ h² |f″| at most; |f″| ≤ 9 here.
    const step = Math.max(...bent.subarray(1).map((x, i) => x - bent[i]));
    expect(bottleneckDistance(a, b)).toBeLessThan((step ** 2 / 8) * 9);
    expect(a).toHaveLength(2);
  });

  it("a shift moves a diagram by the shift; a monotone map maps its bars", () => {
    const values = randomSurface(7, 8, 8);
    const bars = barsOf(values, [8, 8]);
    const shifted = barsOf(
      values.map((x) => x + 0.25),
      [8, 8],
    );
    for (const dimension of [0, 1]) {
      const of = (all: readonly Bar[]) => all.filter((bar) => bar.dimension === dimension);
      expect(bottleneckDistance(of(bars), of(shifted))).toBeCloseTo(dimension === 0 ? 0.25 : 0.25, 12);
    }
    expect(rowsOf(barsOf(values.map(Math.exp), [8, 8]))).toEqual(
      sorted(bars.map(({ dimension, birth, death }): Row => [dimension, Math.exp(birth), Math.exp(death)])),
    );
  });

  it("the height on an upright torus has Betti numbers 1, 2, 1 and a bar for each of its four critical points", () => {
    const bars = persistentHomology(torus(24, 16));
    expect(rowsOf(bars)).toEqual([
      [0, -4, INFINITE],
      [1, -2, INFINITE],
      [1, 2, INFINITE],
      [2, 4, INFINITE],
    ]);
  });
});

describe("basins", () => {
  it("what is shallower than the threshold belongs to the one that it merges into", () => {
    //               0  1  2  3  4  5  6  7  8
    const values = [5, 0, 3, 2, 4, 1, 1.5, 1.4, 6];
    const tree = mergeTree(values, gridNeighbourhood([9]));
    const deeperThan = (threshold: number) => basinsOf(tree, ({ birth, death }) => death - birth > threshold);
    const all = deeperThan(0);
    expect(all.basins.map(({ minimum }) => tree.minima[minimum].at)).toEqual([1, 5, 7, 3]);
    expect([...all.labels]).toEqual([0, 0, 0, 3, 1, 1, 1, 2, 2]);
    const deep = deeperThan(1);
    expect(deep.basins.map(({ minimum, points }) => [tree.minima[minimum].at, points])).toEqual([
      [1, 4],
      [5, 5],
    ]);
    expect([...deep.labels]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect(deeperThan(10).basins).toHaveLength(1);
  });

  it("two minima meet at the lowest pass of all paths between them", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 12 }), (values) => {
        const neighbours = gridNeighbourhood([3, 4]);
        const tree = mergeTree(values, neighbours);
        tree.minima.forEach((a, i) =>
          tree.minima.forEach((b, j) => {
            if (i !== j) expect(meetingLevel(tree, i, j)).toBe(lowestPass(values, neighbours, a.at, b.at));
          }),
        );
        expect(tree.minima.every(({ elder }, i) => elder === undefined || elder < i)).toBe(true);
      }),
    );
  });
});

/** The least level at which a walk over points no higher leads from one point to the other. */
function lowestPass(values: readonly number[], neighbours: Neighbourhood, from: number, to: number): number {
  for (const level of [...new Set(values)].sort((a, b) => a - b)) {
    const seen = new Set(values[from] <= level ? [from] : []);
    for (const point of seen) neighbours.each(point, (other) => values[other] <= level && seen.add(other));
    if (seen.has(to)) return level;
  }
  return INFINITE;
}

/** Σ over the points of Σ(−1)^dim of the cells that enter with each: of its kind, +1 at minima and maxima, −1 at saddles. */
function criticalSum({ dimensions, points }: Filtration): number {
  const index = new Map<number, number>();
  dimensions.forEach((dimension, i) =>
    index.set(points[i], (index.get(points[i]) ?? 0) + (dimension % 2 === 0 ? 1 : -1)),
  );
  return [...index.values()].reduce((a, b) => a + b, 0);
}

/** The height (3 + cos φ) cos θ over a grid that closes in both directions. */
function torus(rows: number, columns: number): Filtration {
  const height = (i: number, j: number) => {
    const [theta, phi] = [(2 * Math.PI * i) / rows, (2 * Math.PI * j) / columns];
    return (3 + Math.cos(phi)) * Math.cos(theta);
  };
  const cells: { readonly place: readonly [number, number]; readonly value: number; readonly dimension: number }[] = [];
  for (let a = 0; a < 2 * rows; a++) {
    for (let b = 0; b < 2 * columns; b++) {
      const around = (at: number) => (at % 2 === 0 ? [at / 2] : [(at - 1) / 2, (at + 1) / 2]);
      const corners = around(a).flatMap((i) => around(b).map((j) => height(i % rows, j % columns)));
      cells.push({ place: [a, b], value: Math.max(...corners), dimension: (a % 2) + (b % 2) });
    }
  }
  cells.sort((x, y) => x.value - y.value || x.dimension - y.dimension);
  const position = new Map(cells.map(({ place: [a, b] }, i) => [`${a} ${b}`, i]));
  const at = (a: number, b: number) =>
    position.get(`${(a + 2 * rows) % (2 * rows)} ${(b + 2 * columns) % (2 * columns)}`) ?? -1;
  return {
    dimensions: Uint8Array.from(cells, ({ dimension }) => dimension),
    values: Float64Array.from(cells, ({ value }) => value),
    points: Int32Array.from(cells.keys()),
    faces(cell) {
      const [a, b] = cells[cell].place;
      return [
        ...(a % 2 === 1 ? [at(a - 1, b), at(a + 1, b)] : []),
        ...(b % 2 === 1 ? [at(a, b - 1), at(a, b + 1)] : []),
      ].sort((x, y) => x - y);
    },
  };
}
