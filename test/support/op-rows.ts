import fc from "fast-check";
import { broadcastShapes } from "../../src/graph/broadcast.ts";
import type { Value } from "../../src/graph/value.ts";
import { add, div, mul, neg, reciprocal, sub } from "../../src/ops/arithmetic.ts";
import { bitwiseAnd } from "../../src/ops/bitwise.ts";
import { conv, convInput, convWeight } from "../../src/ops/conv.ts";
import { convOutputExtents, type ConvGeometry } from "../../src/ops/conv-geometry.ts";
import {
  gather,
  gatherElements,
  gatherND,
  scatterAdd,
  scatterElementsAdd,
  scatterNDAdd,
} from "../../src/ops/gather.ts";
import { scatterElementsLargest } from "../../src/ops/scatter-largest.ts";
import {
  and,
  cast,
  equal,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  maximum,
  minimum,
  mod,
  not,
  or,
  where,
  xor,
} from "../../src/ops/logic.ts";
import { negativeLogLikelihood, otherProbabilities } from "../../src/ops/negative-log-likelihood.ts";
import { markClasses } from "../../src/ops/relative-to-class.ts";
import { createRandom } from "../../src/ops/../random/random-stream.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { concat, interleaveZeros, pad, strided } from "../../src/ops/movement.ts";
import { maxPool, MaxPoolIndices, maxPoolPick, maxPoolPlace } from "../../src/ops/pool.ts";
import { norm } from "../../src/ops/norm.ts";
import { pow } from "../../src/ops/pow.ts";
import {
  argMax,
  cumSum,
  logSoftmax,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  softmax,
} from "../../src/ops/reduction.ts";
import { inverseDeviation, standardize } from "../../src/ops/standardize.ts";
import { expand, reduceSum, reshape, transpose } from "../../src/ops/structure.ts";
import {
  abs,
  anchor,
  atan,
  ceil,
  cos,
  detach,
  frozen,
  erf,
  exp,
  floor,
  log,
  relu,
  round,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  tanh,
} from "../../src/ops/unary.ts";
import type { Shape } from "../../src/util/tensor.ts";
import {
  awayFromZero,
  bool,
  distinct,
  float,
  indices,
  int,
  integers,
  normal,
  offIntegers,
  positive,
  type Fill,
  type OpCase,
} from "./op-case.ts";

/** How to make valid uses of one primitive. */
export interface OpRow {
  /** The name in the registry. */
  readonly op: string;
  readonly cases: fc.Arbitrary<OpCase>;
  /** The derivative is zero by definition, whatever differences say. */
  readonly heldConstant?: boolean;
  readonly runs?: number;
}

export const extent = fc.integer({ min: 1, max: 4 });

export function shapes(minRank: number, maxRank: number, each: fc.Arbitrary<number> = extent): fc.Arbitrary<number[]> {
  return fc.array(each, { minLength: minRank, maxLength: maxRank });
}

/** Shapes that broadcast to one shape: leading axes left out, extents set to 1. */
export function broadcastable(count: number, maxRank = 4): fc.Arbitrary<number[][]> {
  return shapes(0, maxRank).chain((full) =>
    fc
      .array(
        fc.record({
          drop: fc.integer({ min: 0, max: full.length }),
          ones: fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
        }),
        { minLength: count, maxLength: count },
      )
      .map((parts) => parts.map(({ drop, ones }) => full.map((n, axis) => (ones[axis] ? 1 : n)).slice(drop))),
  );
}

const text = (value: unknown) => JSON.stringify(value);

function unary(op: string, apply: (x: Value) => Value, fill: Fill = normal): OpRow {
  return {
    op,
    cases: shapes(0, 4).map((shape) => ({ label: `${op} ${text(shape)}`, inputs: [float(shape, fill)], build: apply })),
    runs: 3,
  };
}

function binary(op: string, apply: (x: Value, y: Value) => Value, second: Fill = normal, first: Fill = normal): OpRow {
  return {
    op,
    cases: broadcastable(2).map(([a, b]) => ({
      label: `${op} ${text(a)} ${text(b)}`,
      inputs: [float(a, first), float(b, second)],
      build: apply,
    })),
  };
}

function comparison(op: string, apply: (x: Value, y: Value) => Value): OpRow {
  return {
    op,
    cases: fc.tuple(broadcastable(2), fc.boolean()).map(([[a, b], whole]) => ({
      label: `${op} ${text(a)} ${text(b)} ${whole ? "int64" : "float"}`,
      inputs: whole
        ? [int(a, integers(-2, 2)), int(b, integers(-2, 2))]
        : [float(a, offIntegers), float(b, integers(-2, 2))],
      build: apply,
    })),
  };
}

function connective(op: string, apply: (x: Value, y: Value) => Value): OpRow {
  return {
    op,
    cases: broadcastable(2).map(([a, b]) => ({
      label: `${op} ${text(a)} ${text(b)}`,
      inputs: [bool(a), bool(b)],
      build: apply,
    })),
  };
}

/** A shape with one of its axes. */
function withAxis(maxRank = 4, each = extent) {
  return shapes(1, maxRank, each).chain((shape) =>
    fc.tuple(fc.constant(shape), fc.integer({ min: 0, max: shape.length - 1 })),
  );
}

function standardized(op: string, apply: (x: Value, attributes: { axis: number; epsilon: number }) => Value): OpRow {
  return {
    op,
    cases: fc.tuple(shapes(1, 4, fc.integer({ min: 2, max: 4 })), fc.nat()).map(([shape, pick]) => {
      const axis = pick % shape.length;
      return {
        label: `${op} ${text(shape)} from ${axis}`,
        inputs: [float(shape, normal)],
        build: (x: Value) => apply(x, { axis, epsilon: 0.5 }),
      };
    }),
  };
}

function alongAxis(op: string, apply: (x: Value, axis: number) => Value, fill: Fill = normal): OpRow {
  return {
    op,
    cases: fc.tuple(withAxis(), fc.boolean()).map(([[shape, axis], back]) => ({
      label: `${op} ${text(shape)} axis ${back ? axis - shape.length : axis}`,
      inputs: [float(shape, fill)],
      build: (x: Value) => apply(x, back ? axis - shape.length : axis),
    })),
  };
}

/** One class of each row is marked, or none. */
function alongAxisWithMarks(op: string, apply: (z: Value, chosen: Value, axis: number) => Value): OpRow {
  return {
    op,
    cases: fc.tuple(withAxis(), fc.nat()).map(([[shape, axis], seed]) => ({
      label: `${op} ${text(shape)} axis ${axis} marks ${seed}`,
      inputs: [float(shape)],
      build: (z: Value) => {
        const rows = shape.map((extent, own) => (own === axis ? 1 : extent));
        const size = rows.reduce((product, extent) => product * extent, 1);
        const random = createRandom(seed);
        const numbers = Float64Array.from({ length: size }, () => Math.floor(random.uniform() * (shape[axis] + 1)));
        const labels = z.graph.constant({ dtype: "int64", shape: rows, data: numbers });
        return apply(z, markClasses(labels, shape[axis], axis), axis);
      },
    })),
  };
}

function overAxes(op: string, apply: (x: Value, axes: number[]) => Value, fill: Fill = normal): OpRow {
  return {
    op,
    cases: shapes(1, 4).chain((shape) =>
      fc
        .tuple(
          fc.subarray(
            shape.map((_, axis) => axis),
            { minLength: 1 },
          ),
          fc.boolean(),
        )
        .map(([axes, back]) => {
          const given = back ? axes.map((axis) => axis - shape.length) : axes;
          return {
            label: `${op} ${text(shape)} axes ${text(given)}`,
            inputs: [float(shape, fill)],
            build: (x: Value) => apply(x, given),
          };
        }),
    ),
  };
}

const permutations = (n: number) =>
  fc.shuffledSubarray(
    Array.from({ length: n }, (_, i) => i),
    { minLength: n, maxLength: n },
  );

const slices: fc.Arbitrary<OpCase> = shapes(1, 4, fc.integer({ min: 1, max: 6 })).chain((shape) =>
  fc
    .tuple(
      ...shape.map((n) =>
        fc
          .tuple(
            fc.integer({ min: 0, max: n - 1 }),
            fc.integer({ min: -3, max: 3 }).filter((step) => step !== 0),
            fc.nat(5),
          )
          .map(([start, step, wish]) => {
            const most = step > 0 ? Math.floor((n - 1 - start) / step) + 1 : Math.floor(start / -step) + 1;
            return { start, step, extent: 1 + (wish % most) };
          }),
      ),
    )
    .map((parts) => {
      const starts = parts.map(({ start }) => start);
      const extents = parts.map((part) => part.extent);
      const steps = parts.map(({ step }) => step);
      return {
        label: `Slice ${text(shape)} starts ${text(starts)} extents ${text(extents)} steps ${text(steps)}`,
        inputs: [float(shape)],
        build: (x: Value) => strided(x, starts, extents, steps),
      };
    }),
);

const pads: fc.Arbitrary<OpCase> = shapes(1, 4, fc.integer({ min: 3, max: 5 })).chain((shape) => {
  const amounts = fc.array(fc.integer({ min: -1, max: 2 }), { minLength: shape.length, maxLength: shape.length });
  return fc.tuple(amounts, amounts).map(([before, after]) => ({
    label: `Pad ${text(shape)} ${text(before)} ${text(after)}`,
    inputs: [float(shape)],
    build: (x: Value) => pad(x, before, after),
  }));
});

const concats: fc.Arbitrary<OpCase> = fc
  .tuple(withAxis(3), fc.array(extent, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([[shape, axis], parts, back]) => ({
    label: `Concat ${text(shape)} axis ${axis} parts ${text(parts)}`,
    inputs: parts.map((n) => float(shape.map((each, i) => (i === axis ? n : each)))),
    build: (...inputs: Value[]) => concat(inputs, back ? axis - shape.length : axis),
  }));

const gathers: fc.Arbitrary<OpCase> = fc.tuple(withAxis(3), shapes(0, 2)).map(([[shape, axis], picked]) => ({
  label: `Gather ${text(shape)} axis ${axis} by ${text(picked)}`,
  inputs: [float(shape), int(picked, indices(shape[axis]))],
  build: (x: Value, by: Value) => gather(x, by, axis),
}));

const scatters: fc.Arbitrary<OpCase> = fc.tuple(withAxis(3), shapes(0, 2)).map(([[shape, axis], picked]) => ({
  label: `ScatterAdd into ${text(shape)} axis ${axis} by ${text(picked)}`,
  inputs: [float([...shape.slice(0, axis), ...picked, ...shape.slice(axis + 1)]), int(picked, indices(shape[axis]))],
  build: (g: Value, by: Value) => scatterAdd(g, by, axis, shape[axis]),
}));

/** ONNX lets the indices be shorter than the data on the other axes. */
const elementPicks = withAxis(3).chain(([shape, axis]) =>
  fc.tuple(
    fc.constant(shape),
    fc.constant(axis),
    fc.tuple(...shape.map((n, i) => (i === axis ? extent : fc.integer({ min: 1, max: n })))),
  ),
);

const gatherElementCases: fc.Arbitrary<OpCase> = elementPicks.map(([shape, axis, picked]) => ({
  label: `GatherElements ${text(shape)} axis ${axis} by ${text(picked)}`,
  inputs: [float(shape), int(picked, indices(shape[axis]))],
  build: (x: Value, by: Value) => gatherElements(x, by, axis),
}));

const scatterElementCases: fc.Arbitrary<OpCase> = elementPicks.map(([shape, axis, picked]) => ({
  label: `ScatterElementsAdd into ${text(shape)} axis ${axis} by ${text(picked)}`,
  inputs: [float(picked), int(picked, indices(shape[axis]))],
  build: (g: Value, by: Value) => scatterElementsAdd(g, by, axis, shape),
}));

/** Of integers, which say what was written last: they have no derivative. */
const scatterLatestCases: fc.Arbitrary<OpCase> = elementPicks.map(([shape, axis, picked]) => ({
  label: `ScatterElementsLargest of integers into ${text(shape)} axis ${axis} by ${text(picked)}`,
  inputs: [int(picked, indices(shape[axis])), int(shape, integers(0, 50)), int(picked, integers(0, 50))],
  build: (by: Value, data: Value, updates: Value) => scatterElementsLargest(data, updates, by, axis),
}));

/** Updates lie between the elements of the data, so that a small step changes no order. */
const scatterLargestCases: fc.Arbitrary<OpCase> = elementPicks.map(([shape, axis, picked]) => ({
  label: `ScatterElementsLargest into ${text(shape)} axis ${axis} by ${text(picked)}`,
  inputs: [
    int(picked, indices(shape[axis])),
    float(shape, distinct),
    float(picked, (random, size) => Array.from(distinct(random, size), (x) => x + 0.1)),
  ],
  build: (by: Value, data: Value, updates: Value) => scatterElementsLargest(data, updates, by, axis),
}));

const matmuls: fc.Arbitrary<OpCase> = fc
  .tuple(extent, extent, extent, broadcastable(2, 2), fc.boolean(), fc.boolean())
  .map(([m, k, n, [left, right], transposeA, transposeB]) => {
    const a = [...left, ...(transposeA ? [k, m] : [m, k])];
    const b = [...right, ...(transposeB ? [n, k] : [k, n])];
    return {
      label: `MatMul ${text(a)}${transposeA ? "ᵀ" : ""} ${text(b)}${transposeB ? "ᵀ" : ""}`,
      inputs: [float(a), float(b)],
      build: (x: Value, y: Value) => matmul(x, y, { transposeA, transposeB }),
    };
  });

interface ConvCase {
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly geometry: ConvGeometry;
  readonly label: string;
}

const window = fc.record({
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  before: fc.integer({ min: 0, max: 2 }),
  after: fc.integer({ min: 0, max: 2 }),
  slack: fc.integer({ min: 0, max: 4 }),
});

const convs: fc.Arbitrary<ConvCase> = fc
  .record({
    windows: fc.array(window, { minLength: 1, maxLength: 3 }),
    n: fc.integer({ min: 1, max: 2 }),
    group: fc.integer({ min: 1, max: 2 }),
    inner: fc.integer({ min: 1, max: 2 }),
    outer: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ windows, n, group, inner, outer }) => {
    const geometry = {
      strides: windows.map(({ stride }) => stride),
      before: windows.map(({ before }) => before),
      after: windows.map(({ after }) => after),
      dilations: windows.map(({ dilation }) => dilation),
      group,
    };
    const kernel = windows.map((each) => each.kernel);
    const spatial = windows.map((each) =>
      Math.max(1, each.dilation * (each.kernel - 1) + 1 + each.slack - each.before - each.after),
    );
    const x = [n, group * inner, ...spatial];
    const w = [group * outer, inner, ...kernel];
    return {
      x,
      w,
      y: [n, group * outer, ...convOutputExtents(x, kernel, geometry)],
      geometry,
      label: `${text(x)} kernels ${text(w)} ${text(geometry)}`,
    };
  });

/** Padding of a pool is smaller than its kernel, so that every window sees the image. */
const pools = fc
  .tuple(
    fc.array(window, { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 1, max: 2 }),
  )
  .map(([windows, n, c]) => {
    const pool = {
      kernel: windows.map(({ kernel }) => kernel),
      strides: windows.map(({ stride }) => stride),
      before: windows.map(({ before, kernel }) => Math.min(before, kernel - 1)),
      after: windows.map(({ after, kernel }) => Math.min(after, kernel - 1)),
      dilations: windows.map(({ dilation }) => dilation),
    };
    const x = [n, c, ...windows.map((each) => each.dilation * (each.kernel - 1) + 1 + each.slack)];
    return { x, pool, label: `${text(x)} ${text(pool)}` };
  });

export const OP_ROWS: readonly OpRow[] = [
  binary("Add", add),
  binary("Sub", sub),
  binary("Mul", mul),
  binary("Div", div, awayFromZero),
  unary("Neg", neg),
  unary("Reciprocal", reciprocal, awayFromZero),
  binary("Pow", pow, normal, positive),
  unary("Exp", exp),
  unary("Log", log, positive),
  unary("Tanh", tanh),
  unary("Sigmoid", sigmoid),
  unary("Sqrt", sqrt, positive),
  unary("Sin", sin),
  unary("Cos", cos),
  unary("Softplus", softplus),
  unary("Erf", erf),
  unary("Atan", atan),
  unary("Relu", relu, awayFromZero),
  unary("Abs", abs, awayFromZero),
  unary("Sign", sign, awayFromZero),
  unary("Floor", floor, offIntegers),
  unary("Ceil", ceil, offIntegers),
  unary(
    "Round",
    (x) => round(x),
    (random, size) => Array.from(offIntegers(random, size), (x) => x + 0.5 + 0.05 * Math.sign(random.normal())),
  ),
  { ...unary("Detach", detach), heldConstant: true },
  { ...unary("Frozen", frozen), heldConstant: true },
  unary("Anchor", anchor),
  comparison("Greater", greater),
  comparison("GreaterOrEqual", greaterOrEqual),
  comparison("Less", less),
  comparison("LessOrEqual", lessOrEqual),
  comparison("Equal", equal),
  connective("And", and),
  connective("Or", or),
  connective("Xor", xor),
  {
    op: "Not",
    cases: shapes(0, 3).map((shape) => ({ label: `Not ${text(shape)}`, inputs: [bool(shape)], build: not })),
  },
  {
    op: "Mod",
    cases: fc.tuple(broadcastable(2), fc.boolean()).map(([[a, b], fmod]) => ({
      label: `Mod ${text(a)} ${text(b)} fmod ${fmod}`,
      inputs: [
        int(a, integers(-7, 7)),
        int(b, (random, size) => Array.from(integers(1, 3)(random, size), (x) => x * (random.integer(2) * 2 - 1))),
      ],
      build: (x: Value, y: Value) => mod(x, y, fmod),
    })),
  },
  {
    op: "BitwiseAnd",
    cases: broadcastable(2).map(([a, b]) => ({
      label: `BitwiseAnd ${text(a)} ${text(b)}`,
      inputs: [int(a, integers(-40, 40)), int(b, integers(-40, 40))],
      build: bitwiseAnd,
    })),
  },
  {
    op: "Where",
    cases: broadcastable(3).map(([a, b, c]) => ({
      label: `Where ${text(a)} ${text(b)} ${text(c)}`,
      inputs: [bool(a), float(b), float(c)],
      build: where,
    })),
  },
  {
    op: "Cast",
    cases: fc.tuple(shapes(0, 3), fc.constantFrom("int64", "bool", "float64", "float32")).map(([shape, kind]) => ({
      label: `Cast ${text(shape)} ${kind}`,
      inputs: [
        kind === "int64" ? int(shape, integers(-3, 3)) : kind === "bool" ? bool(shape) : float(shape, offIntegers),
      ],
      build: (x: Value) => cast(x, kind === "float64" ? "int64" : kind === "float32" ? "bool" : "float64"),
    })),
  },
  {
    op: "Reshape",
    cases: shapes(0, 4).chain((shape) =>
      permutations(shape.length).map((order) => {
        const other = [...order.map((axis) => shape[axis]), 1];
        return {
          label: `Reshape ${text(shape)} ${text(other)}`,
          inputs: [float(shape)],
          build: (x: Value) => reshape(x, other),
        };
      }),
    ),
  },
  {
    op: "Transpose",
    cases: shapes(1, 5).chain((shape) =>
      permutations(shape.length).map((perm) => ({
        label: `Transpose ${text(shape)} ${text(perm)}`,
        inputs: [float(shape)],
        build: (x: Value) => transpose(x, perm),
      })),
    ),
  },
  {
    op: "Expand",
    cases: broadcastable(2).map(([full, part]) => {
      const to = broadcastShapes("Expand", full, part);
      return { label: `Expand ${text(part)} ${text(to)}`, inputs: [float(part)], build: (x: Value) => expand(x, to) };
    }),
  },
  { op: "Slice", cases: slices, runs: 12 },
  { op: "Pad", cases: pads, runs: 10 },
  { op: "Concat", cases: concats },
  overAxes("ReduceSum", reduceSum),
  overAxes("Norm", norm, awayFromZero),
  overAxes("ReduceMax", reduceMax, distinct),
  alongAxis("ArgMax", argMax, distinct),
  {
    op: "CumSum",
    cases: fc.tuple(withAxis(), fc.boolean(), fc.boolean()).map(([[shape, axis], exclusive, reverse]) => ({
      label: `CumSum ${text(shape)} axis ${axis} exclusive ${exclusive} reverse ${reverse}`,
      inputs: [float(shape)],
      build: (x: Value) => cumSum(x, axis, exclusive, reverse),
    })),
    runs: 8,
  },
  standardized("Standardize", standardize),
  standardized("InverseDeviation", inverseDeviation),
  alongAxis("Softmax", softmax),
  alongAxis("LogSoftmax", logSoftmax),
  alongAxisWithMarks("NegativeLogLikelihood", negativeLogLikelihood),
  alongAxisWithMarks("OtherProbabilities", otherProbabilities),
  { op: "Gather", cases: gathers, runs: 10 },
  { op: "ScatterAdd", cases: scatters, runs: 10 },
  { op: "GatherElements", cases: gatherElementCases, runs: 10 },
  { op: "ScatterElementsAdd", cases: scatterElementCases, runs: 10 },
  { op: "ScatterElementsLargest", cases: scatterLatestCases, runs: 10 },
  { op: "ScatterElementsLargest", cases: scatterLargestCases, runs: 10 },
  { op: "MatMul", cases: matmuls, runs: 16 },
  {
    op: "Conv",
    cases: convs.map(({ x, w, geometry, label }) => ({
      label: `Conv ${label}`,
      inputs: [float(x), float(w)],
      build: (a: Value, b: Value) => conv(a, b, geometry),
    })),
    runs: 10,
  },
  {
    op: "ConvInput",
    cases: convs.map(({ x, w, y, geometry, label }) => ({
      label: `ConvInput ${label}`,
      inputs: [float(y), float(w)],
      build: (g: Value, b: Value) => convInput(g, b, geometry, x.slice(2)),
    })),
    runs: 10,
  },
  {
    op: "ConvWeight",
    cases: convs.map(({ x, w, y, geometry, label }) => ({
      label: `ConvWeight ${label}`,
      inputs: [float(x), float(y)],
      build: (a: Value, g: Value) => convWeight(a, g, geometry, w.slice(2)),
    })),
    runs: 10,
  },
  {
    op: "MaxPool",
    cases: pools.map(({ x, pool, label }) => ({
      label: `MaxPool ${label}`,
      inputs: [float(x, distinct)],
      build: (a: Value) => maxPool(a, pool),
    })),
    runs: 8,
  },
  {
    op: "MaxPoolIndices",
    cases: pools.map(({ x, pool, label }) => ({
      label: `MaxPoolIndices ${label}`,
      inputs: [float(x, distinct)],
      build: (a: Value) => a.graph.apply(MaxPoolIndices.make(pool), [a]),
    })),
  },
  {
    op: "MaxPoolPick",
    cases: pools.map(({ x, pool, label }) => ({
      label: `MaxPoolPick ${label}`,
      inputs: [float(x, distinct), float(x)],
      build: (a: Value, t: Value) => maxPoolPick(a, t, pool),
    })),
    runs: 8,
  },
  {
    op: "MaxPoolPlace",
    cases: pools.map(({ x, pool, label }) => ({
      label: `MaxPoolPlace ${label}`,
      inputs: [float(x, distinct), float([x[0], x[1], ...convOutputExtents(x, pool.kernel, pool)])],
      build: (a: Value, g: Value) => maxPoolPlace(a, g, pool),
    })),
    runs: 8,
  },
];

/** Functions made of primitives, checked like one. */
export const COMPOSITE_ROWS: readonly OpRow[] = [
  { ...overAxes("reduceLogSumExp", reduceLogSumExp), runs: 8 },
  binary("maximum", maximum, distinct, (random, size) => Array.from(distinct(random, size), (x) => x + 0.1)),
  binary("minimum", minimum, distinct, (random, size) => Array.from(distinct(random, size), (x) => x + 0.1)),
  overAxes("reduceMean", reduceMean),
  {
    op: "powers by products",
    cases: fc.constantFrom(-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5).map((exponent) => ({
      label: `pow ${exponent}`,
      inputs: [float([3], positive)],
      build: (x: Value) => pow(x, exponent),
    })),
    runs: 20,
  },
  {
    op: "interleaveZeros",
    cases: fc.tuple(withAxis(), fc.integer({ min: 1, max: 3 })).map(([[shape, axis], step]) => ({
      label: `interleaveZeros ${text(shape)} axis ${axis} step ${step}`,
      inputs: [float(shape)],
      build: (x: Value) => interleaveZeros(x, axis, step),
    })),
  },
  {
    op: "gatherND",
    cases: fc.tuple(shapes(1, 3), shapes(0, 2), fc.nat()).map(([shape, picked, choice]) => {
      const depth = 1 + (choice % shape.length);
      return {
        label: `gatherND ${text(shape)} by ${text([...picked, depth])}`,
        inputs: [float(shape), int([...picked, depth], indices(Math.min(...shape.slice(0, depth))))],
        build: (x: Value, by: Value) => gatherND(x, by),
      };
    }),
    runs: 10,
  },
  {
    op: "scatterNDAdd",
    cases: fc.tuple(shapes(1, 3), shapes(0, 2), fc.nat()).map(([shape, picked, choice]) => {
      const depth = 1 + (choice % shape.length);
      return {
        label: `scatterNDAdd into ${text(shape)} by ${text([...picked, depth])}`,
        inputs: [
          float([...picked, ...shape.slice(depth)]),
          int([...picked, depth], indices(Math.min(...shape.slice(0, depth)))),
        ],
        build: (g: Value, by: Value) => scatterNDAdd(g, by, shape),
      };
    }),
    runs: 10,
  },
];
