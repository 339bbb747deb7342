import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pullback } from "../autodiff/pullback.ts";
import { pushforward } from "../autodiff/pushforward.ts";
import { Graph } from "../graph/graph.ts";
import { inputsOf } from "../graph/traverse.ts";
import type { Target } from "../graph/emitter.ts";
import type { Value } from "../graph/value.ts";
import { norm2 } from "../linalg/vector.ts";
import { emitModel } from "../onnx/emit-model.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { createRandom, type RandomStream } from "../random/random-stream.ts";
import { expectWellFormed } from "../../test/support/well-formed.ts";
import { nodeRuntime } from "../runtime/node-runtime.ts";
import { sizeOf, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { conv } from "./conv.ts";
import { convOutputExtents, type ConvGeometry } from "./conv-geometry.ts";
import { fuseConv } from "./fuse-conv.ts";
import { fuseGemm } from "./gemm.ts";
import { maxPool } from "./pool.ts";
import { reduceSum, reshape, sumAll } from "./structure.ts";
import { relu, tanh } from "./unary.ts";

const runtime = nodeRuntime({ threads: 1 });
const blockSize = await runtime.blockSize();

/** A computation on inputs drawn from a seed, in the precision of the graph. */
interface Computation {
  readonly shapes: Readonly<Record<string, Shape>>;
  build(inputs: Readonly<Record<string, Value>>): Value[];
}

async function results(
  computation: Computation,
  precision: FloatType,
  target: Target,
  fill: (random: RandomStream) => number,
): Promise<Tensor[]> {
  const graph = new Graph({ inspect: expectWellFormed });
  const inputs = Object.fromEntries(
    Object.entries(computation.shapes).map(([name, shape]) => [name, graph.input(name, precision, shape)]),
  );
  const values = fuseConv(fuseGemm(lowerGraph(computation.build(inputs), target)));
  const executable = await runtime.compile(emitModel(new Map(values.map((value, i) => [`out${i}`, value])), target));
  const feeds = new Map(
    [...inputsOf(values).keys()].map((name) => {
      const shape = computation.shapes[name];
      const random = createRandom(7).split(name);
      const data = Float32Array.from({ length: sizeOf(shape) }, () => fill(random));
      return [
        name,
        runtime.feed({ dtype: precision, shape, data: precision === "float32" ? data : Float64Array.from(data) }),
      ];
    }),
  );
  const outputs = await executable.run(feeds);
  await executable.release();
  return [...outputs.values()];
}

/** The largest relative difference of an output between the float32 lowering and float64. */
async function difference(
  computation: Computation,
  target: Partial<Target> = {},
  fill = (random: RandomStream) => random.normal(),
): Promise<number> {
  const exact = await results(computation, "float64", { precision: "float64", portable: false }, fill);
  const lowered = await results(
    computation,
    "float32",
    { precision: "float32", portable: false, blockSize, ...target },
    fill,
  );
  return Math.max(
    ...exact.map(({ data, shape }, i) => {
      expect(lowered[i].shape).toEqual(shape);
      const error = Float64Array.from(data, (x, k) => x - lowered[i].data[k]);
      return norm2(error) / (norm2(Float64Array.from(data)) || 1);
    }),
  );
}

/** Gradient of Σ c∘tanh(x∗w + b) and its derivative along a direction: all three contractions, and each with a tangent in each argument. */
function secondOrder(x: Shape, w: Shape, geometry: ConvGeometry): Computation {
  const y = [x[0], w[0], ...convOutputExtents(x, w.slice(2), geometry)];
  return {
    shapes: { x, w, b: [1, w[0], ...y.slice(2).map(() => 1)], c: y, dx: x, dw: w },
    build: ({ x, w, b, c, dx, dw }) => {
      const loss = sumAll(mul(c, tanh(mul(add(conv(x, w, geometry), b), 0.1))));
      const gradient = pullback([loss], [loss.graph.scalar(1, loss.dtype)], [x, w]);
      return [...gradient, ...pushforward(gradient, [x, w], [dx, dw])];
    },
  };
}

interface Case {
  readonly x: Shape;
  readonly w: Shape;
  readonly geometry: ConvGeometry;
}

/** Geometries with `rank` spatial axes whose windows all fit. */
function cases(rank: number, extents: { min: number; max: number }): fc.Arbitrary<Case> {
  const axis = fc.record({
    extent: fc.integer(extents),
    kernel: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 3 }),
    before: fc.integer({ min: 0, max: 4 }),
    after: fc.integer({ min: 0, max: 4 }),
    dilation: fc.constantFrom(1, 1, 1, 2),
  });
  return fc
    .record({
      batch: fc.oneof(fc.integer({ min: 1, max: 33 }), fc.constant(16)),
      inputs: fc.oneof(fc.integer({ min: 1, max: 48 }), fc.constantFrom(16, 32)),
      outputs: fc.oneof(fc.integer({ min: 1, max: 48 }), fc.constantFrom(16, 32)),
      group: fc.constantFrom(1, 1, 1, 1, 2),
      axes: fc.array(axis, { minLength: rank, maxLength: rank }),
    })
    .filter(({ axes }) =>
      axes.every(({ extent, kernel, before, after, dilation }) => extent + before + after > dilation * (kernel - 1)),
    )
    .map(({ batch, inputs, outputs, group, axes }) => ({
      x: [batch, inputs * group, ...axes.map(({ extent }) => extent)],
      w: [outputs * group, inputs, ...axes.map(({ kernel }) => kernel)],
      geometry: {
        strides: axes.map(({ stride }) => stride),
        before: axes.map(({ before }) => before),
        after: axes.map(({ after }) => after),
        dilations: axes.map(({ dilation }) => dilation),
        group,
      },
    }));
}

const TOLERANCE = 1e-5;

function square(stride: number, padding: number): ConvGeometry {
  return {
    strides: [stride, stride],
    before: [padding, padding],
    after: [padding, padding],
    dilations: [1, 1],
    group: 1,
  };
}

describe("convolution in float32 against float64", () => {
  test.each([
    [[32, 16, 8, 8], [16, 16, 3, 3], square(1, 1)],
    [[16, 32, 8, 8], [32, 32, 3, 3], square(1, 1)],
    [[16, 16, 8, 8], [32, 16, 3, 3], square(2, 1)],
    [[16, 16, 8, 8], [32, 16, 1, 1], square(2, 0)],
    [[16, 16, 7, 7], [32, 16, 1, 1], square(2, 0)],
    [[16, 3, 9, 9], [16, 3, 3, 3], square(1, 1)],
    [[32, 1, 12, 12], [6, 1, 5, 5], square(1, 2)],
    [[20, 6, 9, 9], [16, 6, 5, 5], square(1, 0)],
  ])("images %j, kernels %j, %j", async (x, w, geometry) => {
    expect(await difference(secondOrder(x, w, geometry))).toBeLessThan(TOLERANCE);
  });

  test.each([
    { rank: 2, runs: 60, extents: { min: 1, max: 9 } },
    { rank: 1, runs: 10, extents: { min: 1, max: 12 } },
    { rank: 3, runs: 6, extents: { min: 1, max: 4 } },
  ])("any geometry over $rank axes", async ({ rank, runs, extents }) => {
    await fc.assert(
      fc.asyncProperty(cases(rank, extents), async ({ x, w, geometry }) => {
        expect(await difference(secondOrder(x, w, geometry))).toBeLessThan(TOLERANCE);
      }),
      { numRuns: runs },
    );
  });

  test("any geometry of images of one channel, few kernels", async () => {
    const ofOneChannel = cases(2, { min: 1, max: 9 }).map(({ x, w, geometry }) => ({
      x: [8 + x[0], 1, ...x.slice(2)],
      w: [1 + (w[0] % 7), 1, ...w.slice(2)],
      geometry: { ...geometry, group: 1 },
    }));
    await fc.assert(
      fc.asyncProperty(ofOneChannel, async ({ x, w, geometry }) => {
        expect(await difference(secondOrder(x, w, geometry))).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 30 },
    );
  });

  test("without blocked kernels, and in plain ONNX", async () => {
    await fc.assert(
      fc.asyncProperty(cases(2, { min: 1, max: 7 }), fc.boolean(), async ({ x, w, geometry }, portable) => {
        expect(await difference(secondOrder(x, w, geometry), { blockSize: undefined, portable })).toBeLessThan(
          TOLERANCE,
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe("a network of convolutions in float32 against float64", () => {
  /** Residual block with gain and bias per channel, pooled and summed: gradient and its derivative in all parameters. */
  function network(channels: number, batch: number, activation: (x: Value) => Value): Computation {
    const shapes = {
      x: [batch, channels, 8, 8],
      w1: [channels, channels, 3, 3],
      w2: [channels, channels, 3, 3],
      w3: [2 * channels, channels, 3, 3],
      gain: [1, channels, 1, 1],
      bias: [1, channels, 1, 1],
    };
    const pool = { kernel: [2, 2], strides: [2, 2], before: [0, 0], after: [0, 0], dilations: [1, 1] };
    return {
      shapes: { ...shapes, ...Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`d${name}`, shape])) },
      build: (inputs) => {
        const { x, w1, w2, w3, gain, bias } = inputs;
        const narrow = (w: Value) => mul(w, 1 / Math.sqrt(9 * channels));
        const first = activation(add(mul(conv(x, narrow(w1), square(1, 1)), gain), bias));
        const second = activation(add(add(conv(first, narrow(w2), square(1, 1)), bias), first));
        const third = activation(conv(maxPool(second, pool), narrow(w3), square(2, 1)));
        const pooled = reduceSum(third, [2, 3]);
        const loss = sumAll(mul(pooled, pooled));
        const parameters = [w1, w2, w3, gain, bias];
        const gradient = pullback([loss], [loss.graph.scalar(1, loss.dtype)], parameters);
        const tangents = ["dw1", "dw2", "dw3", "dgain", "dbias"].map((name) => inputs[name]);
        return [reshape(loss, [1]), ...gradient, ...pushforward(gradient, parameters, tangents)];
      },
    };
  }

  test.each([
    [16, 16],
    [32, 16],
    [6, 16],
    [20, 5],
  ])("%i channels, %i images, tanh", async (channels, batch) => {
    expect(await difference(network(channels, batch, tanh))).toBeLessThan(TOLERANCE);
  });

  test("every Relu active", async () => {
    const positive = (random: RandomStream) => 0.5 + random.uniform();
    expect(await difference(network(16, 16, relu), {}, positive)).toBeLessThan(TOLERANCE);
  });
});

describe("pooling of windows side by side in float32 against float64", () => {
  const pool = { kernel: [2, 2], strides: [2, 2], before: [0, 0], after: [0, 0], dilations: [1, 1] };
  const fewValues = (random: RandomStream) => random.integer(3) - 1;

  test.each([
    [16, 6, 8, 8],
    [32, 16, 6, 4],
    [21, 3, 4, 4],
    [16, 16, 5, 7],
    [3, 16, 4, 4],
  ])("%i images of %i channels, %i×%i, with many ties", async (...x) => {
    const shapes = { x, c: [x[0], x[1], Math.floor(x[2] / 2), Math.floor(x[3] / 2)], dx: x, w: [x[1], x[1], 1, 1] };
    const pooling = (isSecondOrder: boolean): Computation => ({
      shapes,
      build: ({ x, c, dx, w }) => {
        // Behind a convolution, whose layout the pool takes over, and on its own.
        const outputs = [x, conv(x, w, square(1, 0))].flatMap((images) => {
          const y = maxPool(relu(images), pool);
          const gradient = pullback([y], [mul(c, y)], [x]);
          return [y, ...gradient, ...(isSecondOrder ? pushforward([y, ...gradient], [x], [dx]) : [])];
        });
        return outputs;
      },
    });
    // Alone, a gradient is put to the winners; beside its derivative it is multiplied by their mask.
    expect(await difference(pooling(false), {}, fewValues)).toBeLessThan(TOLERANCE);
    expect(await difference(pooling(true), {}, fewValues)).toBeLessThan(TOLERANCE);
  });
});
