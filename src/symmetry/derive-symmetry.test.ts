import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/support/run-values.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
import { conv, convInput } from "../ops/conv.ts";
import { matmul } from "../ops/matmul.ts";
import { concat, pad, sliceAxis } from "../ops/movement.ts";
import { cumSum, reduceMean } from "../ops/reduction.ts";
import { standardize } from "../ops/standardize.ts";
import { expand, reshape, swapLast } from "../ops/structure.ts";
import { relu, tanh } from "../ops/unary.ts";
import { createRandom, type RandomStream } from "../random/random-stream.ts";
import { sizeOf, tensor } from "../util/tensor.ts";
import { aligned, balancedPair, matchPair, weightEvidence } from "./align.ts";
import { deriveSymmetry } from "./derive-symmetry.ts";
import { randomElement } from "./random-element.ts";
import type { PlacedTensor } from "./symmetry.ts";
import { applyElement, identityElement } from "./unit-map.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;
type Build = (x: Value, parameters: Readonly<Record<string, Value>>) => Value;

/** Weights of mean 0, and gains of both signs or of one, none near 0. */
function weights(shapes: Shapes, signs: boolean): Record<string, Float64Array> {
  const random = createRandom(7);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const drawn = random.split(name).normalVector(sizeOf(shape));
      const gain = (z: number) => (signs && z < 0 ? -1 : 1) * (0.5 + Math.abs(z));
      return [name, name.startsWith("g") ? drawn.map(gain) : drawn];
    }),
  );
}

/** How far random elements of the group move the outputs of a network, relative to the largest; and the gains that were absorbed. */
async function moved(shapes: Shapes, build: Build, { width = [6], signs = true } = {}) {
  const tensors: PlacedTensor[] = [];
  let offset = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    tensors.push({ name, offset, size: sizeOf(shape) });
    offset += sizeOf(shape);
  }
  const graph = new Graph();
  const given = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, "float64", shape)]),
  );
  const outputs = [build(graph.input("x", "float64", [5, ...width]), given)];
  const network = { outputs, parameters: new Map(Object.entries(given)), tensors };
  const theta = Float64Array.from(Object.values(weights(shapes, signs)).flatMap((data) => [...data]));
  const { symmetry, mine } = balancedPair(network, theta, theta);

  const x = createRandom(8).normalVector(5 * sizeOf(width));
  const outputAt = async (at: Float64Array) => {
    const fed = tensors.map(
      ({ name, offset: from, size }) => [name, tensor("float64", shapes[name], at.slice(from, from + size))] as const,
    );
    const feeds = new Map([["x", tensor("float64", [5, ...width], x)], ...fed]);
    const y = (await evaluate(new Map([["y", outputs[0]]]), feeds)).get("y");
    return Float64Array.from(y?.data ?? []);
  };
  const here = await outputAt(theta);
  const size = Math.max(...here.map(Math.abs));
  let change = 0;
  for (const seed of [0, 1, 2]) {
    const there = applyElement(symmetry.symmetry, randomElement(symmetry.symmetry, createRandom(seed)), mine.theta);
    for (const each of [there, mine.back(there)])
      change = Math.max(change, ...(await outputAt(each)).map((y, i) => Math.abs(y - here[i])));
  }
  // A copy that was sent through the group, and is brought back by its weights alone.
  const copy = mine.back(
    applyElement(symmetry.symmetry, randomElement(symmetry.symmetry, createRandom(3)), mine.theta),
  );
  const pair = balancedPair(network, theta, copy);
  const start = identityElement(pair.symmetry.symmetry);
  const { element } = await matchPair(pair, weightEvidence(pair), start, createRandom(5));
  const found = aligned(pair, element);
  const apart = Math.hypot(...found.map((z, i) => z - theta[i])) / Math.hypot(...theta);
  const gains = symmetry.gains.tensors.filter(({ isGain }) => isGain).map(({ name }) => name);
  return { change: size > 0 ? change / size : change, apart, gains, classes: symmetry.symmetry.classes.length };
}

/** A network of so many steps, each of which takes what some steps before it gave. */
function randomNetwork(random: RandomStream): [Shapes, Build] {
  const shapes: Record<string, readonly number[]> = {};
  const widths = [6];
  const steps: ((values: readonly Value[], p: Readonly<Record<string, Value>>) => Value)[] = [];
  const below = (n: number) => Math.floor(random.uniform() * n);
  const push = (width: number, step: (typeof steps)[number]) => {
    widths.push(width);
    steps.push(step);
  };
  for (let i = 0; i < 9; i++) {
    const from = i < 2 ? i : below(widths.length);
    const other = below(widths.length);
    const width = widths[from];
    const [name, made] = [`w${i}`, 2 + below(7)];
    const start = below(width);
    const taken = 1 + below(width - start);
    const alike = widths.findIndex((each, at) => each === width && at !== from);
    const weighed = () => {
      shapes[name] = [width, made];
      push(made, (values, p) => matmul(values[from], p[name]));
    };
    [
      weighed,
      weighed,
      () => push(width + widths[other], (values) => concat([values[from], values[other]], 1)),
      () => push(width + widths[other], (values) => concat([values[from], values[other]], 1)),
      () => push(taken, (values) => sliceAxis(values[from], 1, start, start + taken)),
      () => push(width + 3, (values) => pad(values[from], [0, 1], [0, 2])),
      () => (alike < 0 ? weighed() : push(width, (values) => add(values[from], values[alike]))),
      () => push(width, (values) => (start % 2 === 0 ? relu : tanh)(values[from])),
      () => (width % 2 === 0 ? push(width, (values) => norm(values[from])) : weighed()),
      () =>
        width % 2 === 0
          ? push(width, (values) => reshape(swapLast(reshape(values[from], [5, width / 2, 2])), [5, width]))
          : weighed(),
    ][i < 2 ? 0 : below(10)]();
  }
  const last = concatenatedWidth(widths);
  shapes.out = [last, 3];
  return [
    shapes,
    (x, p) => {
      const values = [x];
      for (const step of steps) values.push(step(values, p));
      return matmul(relu(concat(values.slice(1), 1)), p.out);
    },
  ];
}

function concatenatedWidth(widths: readonly number[]): number {
  return widths.slice(1).reduce((sum, width) => sum + width, 0);
}

const norm = (x: Value) => standardize(x, { axis: x.shape.length - 1, epsilon: 1e-5 });
const dense = { w0: [6, 8], g0: [8], g1: [8], w1: [6, 8], w2: [8, 3] };

describe("the weights behind a gain take it over", () => {
  it("where it scales units, of both signs", async () => {
    const one = await moved({ w0: [6, 8], g0: [8], w2: [8, 3] }, (x, { w0, g0, w2 }) =>
      matmul(mul(norm(matmul(x, w0)), g0), w2),
    );
    expect(one).toMatchObject({ gains: ["g0"], classes: 1 });
    expect(one.change).toBeLessThan(1e-12);
  });

  it("on whichever side of a product they stand", async () => {
    const column = await moved({ w2: [3, 8], w0: [8, 6], g0: [8, 1] }, (x, { w0, g0, w2 }) =>
      swapLast(matmul(w2, mul(matmul(w0, swapLast(x)), g0))),
    );
    expect(column).toMatchObject({ gains: ["g0"], classes: 1 });
    expect(column.change).toBeLessThan(1e-11);
  });

  it("through a rectifier where all of it is above 0", async () => {
    const rectified: Build = (x, { w0, g0, w2 }) => matmul(relu(mul(norm(matmul(x, w0)), g0)), w2);
    const shapes = { w0: [6, 8], g0: [8], w2: [8, 3] };
    const [positive, both] = await Promise.all([false, true].map((signs) => moved(shapes, rectified, { signs })));
    expect(positive.gains).toEqual(["g0"]);
    expect(both.gains).toEqual([]);
    for (const { change } of [positive, both]) expect(change).toBeLessThan(1e-12);
  });

  it("but not two where one map would have to make ones of both", async () => {
    const sum = await moved(dense, (x, { w0, w1, g0, g1, w2 }) =>
      matmul(add(mul(norm(matmul(x, w0)), g0), mul(norm(matmul(x, w1)), g1)), w2),
    );
    expect(sum.gains).toEqual([]);
    const chain = await moved(dense, (x, { w0, g0, g1, w2 }) => matmul(mul(mul(norm(matmul(x, w0)), g0), g1), w2));
    expect(chain.gains).toEqual(["g1"]);
    const product = await moved(dense, (x, { w0, w1, g0, g1 }) =>
      matmul(mul(norm(matmul(x, w0)), g0), swapLast(mul(norm(matmul(x, w1)), g1))),
    );
    expect(product.gains).toEqual([]);
    for (const { change } of [sum, chain, product]) expect(change).toBeLessThan(1e-12);
  });

  it("but not one whose product meets what it multiplied", async () => {
    const met = await moved({ w0: [6, 8], g0: [8], w2: [8, 3] }, (x, { w0, g0, w2 }) => {
      const h = matmul(x, w0);
      return matmul(sub(mul(h, g0), h), w2);
    });
    expect(met.gains).toEqual([]);
    expect(met.change).toBeLessThan(1e-12);
  });

  it("but not one of several axes or of several factors", async () => {
    const tokens = await moved(
      { w0: [6, 8], g0: [4, 8], w2: [8, 3] },
      (x, { w0, g0, w2 }) => matmul(mul(norm(matmul(x, w0)), g0), w2),
      { width: [4, 6] },
    );
    const heads = await moved({ w0: [6, 8], g0: [2, 4], w2: [8, 3] }, (x, { w0, g0, w2 }) =>
      matmul(reshape(mul(reshape(matmul(x, w0), [5, 2, 4]), g0), [5, 8]), w2),
    );
    for (const { change, gains } of [tokens, heads]) {
      expect(gains).toEqual([]);
      expect(change).toBeLessThan(1e-12);
    }
  });
});

it("running sums of what is alike differ from place to place, and hold units that are added to them", async () => {
  const { change, classes } = await moved({ w0: [6, 8], w2: [8, 3] }, (x, { w0, w2 }) => {
    const sums = cumSum(expand(reduceMean(x, [1]), [5, 8]), 1);
    return matmul(relu(add(matmul(x, w0), sums)), w2);
  });
  expect({ change, classes }).toEqual({ change: 0, classes: 0 });
});

it.each([1, 2])("the units between a convolution and a transposed one go together, in %i groups", async (group) => {
  const geometry = { strides: [1, 1], before: [0, 0], after: [0, 0], dilations: [1, 1], group };
  const shapes = { w0: [6, 2 / group, 3, 3], w1: [6, 2, 3, 3] };
  const build: Build = (x, { w0, w1 }) => convInput(relu(conv(x, w0, geometry)), w1, geometry, [5, 5]);
  const { change, classes } = await moved(shapes, build, { width: [2, 5, 5] });
  expect(change).toBeLessThan(1e-13);
  // Groups are exchanged only where what they see is.
  expect(classes).toBe(1);
});

it("units that lie side by side in several tensors' worth go on where some of those are taken: gates", async () => {
  const { change, classes } = await moved({ w0: [6, 24], w2: [8, 3] }, (x, { w0, w2 }) => {
    const all = matmul(x, w0);
    const gates = sliceAxis(all, 1, 0, 16);
    const gated = mul(relu(sliceAxis(gates, 1, 0, 8)), tanh(sliceAxis(gates, 1, 8, 16)));
    return matmul(add(gated, sliceAxis(all, 1, 16, 24)), w2);
  });
  expect(change).toBeLessThan(1e-13);
  expect(classes).toBe(1);
});

describe("units that are put one behind another go on, each through maps of their own", () => {
  const geometry = { strides: [1, 1], before: [1, 1], after: [1, 1], dilations: [1, 1], group: 1 };
  const halved = { ...geometry, strides: [2, 2] };

  it("over the bridges of a U-Net", async () => {
    const shapes = { d0: [4, 2, 3, 3], d1: [6, 4, 3, 3], b: [6], u1: [6, 5, 2, 2], c: [7, 9, 3, 3], o: [3, 7, 1, 1] };
    const up = { ...halved, before: [0, 0], after: [0, 0] };
    const flat = { ...geometry, before: [0, 0], after: [0, 0] };
    const { change, classes, apart } = await moved(
      shapes,
      (x, { d0, d1, b, u1, c, o }) => {
        const skipped = relu(conv(x, d0, geometry));
        const deep = relu(add(conv(skipped, d1, halved), reshape(b, [6, 1, 1])));
        const joined = concat([convInput(deep, u1, up, [6, 6]), skipped], 1);
        return conv(relu(conv(joined, c, geometry)), o, flat);
      },
      { width: [2, 6, 6] },
    );
    expect(change).toBeLessThan(1e-12);
    expect(apart).toBeLessThan(1e-6);
    // Those of each convolution but the last, whose channels are what is shown.
    expect(classes).toBe(4);
  });

  it("through a block in which each layer sees all before it, gains and all", async () => {
    const shapes = { w0: [6, 4], w1: [4, 3], w2: [7, 5], g2: [12], b2: [12], w3: [12, 2] };
    const { change, classes, apart } = await moved(shapes, (x, { w0, w1, w2, g2, b2, w3 }) => {
      const first = relu(matmul(x, w0));
      const second = concat([first, tanh(matmul(first, w1))], 1);
      const third = concat([second, relu(matmul(second, w2))], 1);
      return matmul(relu(add(mul(third, g2), b2)), w3);
    });
    expect(change).toBeLessThan(1e-12);
    expect(apart).toBeLessThan(1e-6);
    expect(classes).toBe(3);
  });

  it("where others that are cut elsewhere are added", async () => {
    const shapes = { a: [6, 4], b: [6, 8], c: [6, 6], d: [6, 6], w: [12, 3] };
    const { change, classes } = await moved(shapes, (x, { a, b, c, d, w }) => {
      const [left, right] = [concat([matmul(x, a), matmul(x, b)], 1), concat([matmul(x, c), matmul(x, d)], 1)];
      return matmul(relu(add(left, right)), w);
    });
    expect(change).toBeLessThan(1e-12);
    // 4 + 2 + 6 of the twelve.
    expect(classes).toBe(3);
  });

  it("where images of them are laid flat, and behind a mean over all of them", async () => {
    const shapes = { d0: [3, 2, 3, 3], d1: [2, 2, 3, 3], w: [5 * 16, 4], w2: [4, 3] };
    const { change, classes } = await moved(
      shapes,
      (x, { d0, d1, w, w2 }) => {
        const both = concat([relu(conv(x, d0, geometry)), relu(conv(x, d1, geometry))], 1);
        return matmul(relu(matmul(norm(reshape(both, [5, 5 * 16])), w)), w2);
      },
      { width: [2, 4, 4] },
    );
    expect(change).toBeLessThan(1e-12);
    expect(classes).toBe(3);
  });

  it("where one of them is taken out again, or zeros stand beside them", async () => {
    const heads = await moved(
      { qkv: [6, 24], o: [8, 3] },
      (x, { qkv, o }) => {
        const all = matmul(reshape(x, [5, 2, 6]), qkv);
        const [q, k, v] = [0, 8, 16].map((start) => sliceAxis(all, 2, start, start + 8));
        return matmul(matmul(tanh(matmul(q, swapLast(k))), v), o);
      },
      { width: [12] },
    );
    // Queries with keys, and values.
    expect(heads.classes).toBe(2);
    const padded = await moved({ a: [6, 4], b: [4, 7], o: [7, 3] }, (x, { a, b, o }) => {
      const h = relu(matmul(x, a));
      return matmul(relu(add(pad(h, [0, 1], [0, 2]), matmul(h, b))), o);
    });
    expect(padded.classes).toBe(2);
    for (const { change } of [heads, padded]) expect(change).toBeLessThan(1e-12);
  });

  it("in any order of such steps, from which random ones are drawn", async () => {
    let moving = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { change, classes } = await moved(...randomNetwork(createRandom(seed)));
      expect(change, `seed ${seed}`).toBeLessThan(1e-9);
      if (classes > 0) moving++;
    }
    expect(moving).toBeGreaterThan(15);
  });

  it("but not where they are shuffled", async () => {
    const shapes = { a: [6, 4], b: [6, 8], w: [12, 3] };
    const { change, classes } = await moved(shapes, (x, { a, b, w }) => {
      const both = reshape(concat([matmul(x, a), matmul(x, b)], 1), [5, 3, 4]);
      return matmul(reshape(swapLast(both), [5, 12]), w);
    });
    expect(change).toBeLessThan(1e-12);
    expect(classes).toBe(0);
  });
});

it("gains that are held are weights like any other", () => {
  const graph = new Graph();
  const [w0, g0, w2] = [
    graph.input("w0", "float64", [6, 8]),
    graph.input("g0", "float64", [8]),
    graph.input("w2", "float64", [8, 3]),
  ];
  const outputs = [matmul(mul(norm(matmul(graph.input("x", "float64", [5, 6]), w0)), g0), w2)];
  const tensors = [
    { name: "w0", offset: 0, size: 48 },
    { name: "g0", offset: 48, size: 8 },
    { name: "w2", offset: 56, size: 24 },
  ];
  const network = {
    outputs,
    parameters: new Map([
      ["w0", w0],
      ["g0", g0],
      ["w2", w2],
    ]),
    tensors,
  };
  const freedom = (held: readonly string[]) =>
    deriveSymmetry(network, { held: new Set(held) }).symmetry.classes.map((each) => each.freedom);
  expect(freedom([])).toEqual(["centred"]);
  expect(freedom(["g0"])).toEqual(["permutation"]);
});
