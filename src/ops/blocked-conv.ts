import { z } from "zod";
import { sameShape } from "../graph/broadcast.ts";
import type { Operation, Value } from "../graph/value.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { positiveSchema } from "./attribute-schemas.ts";
import { add } from "./arithmetic.ts";
import { BLOCKED_DOMAIN, fromBlocked, sourceOf, toBlocked } from "./blocked-layout.ts";
import { convOutputExtents, type ConvGeometry, convGeometrySchema } from "./conv-geometry.ts";
import { defineKernel } from "./define-op.ts";
import { gather } from "./gather.ts";
import { pad, reverse, sliceAxis } from "./movement.ts";
import { permuteRows } from "./row-order.ts";
import { reduceSum, reshape, transpose } from "./structure.ts";

const blockedConvSchema = convGeometrySchema.extend({
  kernel: positiveSchema,
  /** Which of bias [O] and addend (shape of the result) follow images and filter. */
  bias: z.boolean(),
  addend: z.boolean(),
  relu: z.boolean(),
});

type BlockedConvAttributes = z.infer<typeof blockedConvSchema>;

/**
 * BlockedConv: convolution of blocked images [N, C/B, H, W, B] (plain ones [N, C, H, W] while C < B) with a
 * filter made by {@link blockedFilter}; the result is blocked. Made by lowerings only.
 */
export const BlockedConv = defineKernel({
  name: "BlockedConv",
  summary: "convolution in the blocked layout",
  attributes: blockedConvSchema,
  make: (attributes): Operation & { readonly convolution: BlockedConvAttributes } => ({
    name: "BlockedConv",
    convolution: attributes,
    attributes: { ...attributes },
    infer: ([x, filter]) => {
      const { channels, outputs } = channelsOf(x, filter, attributes);
      const block = filter.shape[filter.shape.length - 1];
      const images = [x.shape[0], channels, x.shape[2], x.shape[3]];
      return {
        dtype: x.dtype,
        shape: [x.shape[0], outputs / block, ...convOutputExtents(images, attributes.kernel, attributes), block],
      };
    },
    vmap: (node) => {
      throw new RangeError(`${node.operation.name} is made after vectorisation`);
    },
    emit: (node, names, e) => {
      const [x, filter] = node.inputs;
      const { channels, outputs } = channelsOf(x, filter, attributes);
      const { kernel, strides, before, after, dilations, group, bias, addend, relu } = attributes;
      const declared = (name: string, shape: Shape) => e.node("Reshape", [name, e.integers(shape)]);
      const [n, outer, height, width] = node.shape;
      const inputs = [
        declared(names[0], [x.shape[0], channels, x.shape[2], x.shape[3]]),
        declared(names[1], [outputs, channels / group, ...kernel]),
      ];
      if (bias || addend) inputs.push(bias ? names[2] : "");
      if (addend) inputs.push(declared(names[bias ? 3 : 2], [n, outputs, height, width]));
      const y = e.node(
        "Conv",
        inputs,
        {
          kernel_shape: kernel,
          strides,
          pads: [...before, ...after],
          dilations,
          group,
          ...(relu && { activation: "Relu" }),
        },
        BLOCKED_DOMAIN,
      );
      return declared(y, [n, outer, height, width, node.shape[4]]);
    },
  }),
});

function channelsOf(x: Value, filter: Value, { kernel, group }: BlockedConvAttributes) {
  const channels = x.shape.length === 5 ? x.shape[1] * x.shape[4] : x.shape[1];
  return { channels, outputs: (sizeOf(filter.shape) * group) / (channels * sizeOf(kernel)) };
}

/** Blocked images convolved with a filter as the kernel reads it. */
export function blockedConv(x: Value, filter: Value, kernel: Shape, geometry: ConvGeometry): Value {
  const { strides, before, after, dilations, group } = geometry;
  const attributes = { kernel, strides, before, after, dilations, group, bias: false, addend: false, relu: false };
  return x.graph.apply(BlockedConv.make(attributes), [x, filter]);
}

/** The attributes of a blocked convolution; undefined for any other value. */
function attributesOf(value: Value): BlockedConvAttributes | undefined {
  const operation: Operation & { readonly convolution?: BlockedConvAttributes } = value.operation;
  return operation.convolution;
}

/** The convolution plus a bias [O]; undefined behind a Relu. */
export function withBias(y: Value, bias: Value): Value | undefined {
  const known = attributesOf(y);
  if (!known || known.relu) return undefined;
  const [x, filter, ...rest] = y.inputs;
  const inputs = known.bias ? [x, filter, add(rest[0], bias), ...rest.slice(1)] : [x, filter, bias, ...rest];
  return y.graph.apply(BlockedConv.make({ ...known, bias: true }), inputs);
}

/** The convolution plus a value of its shape; undefined where it has one already, or behind a Relu. */
export function withAddend(y: Value, addend: Value): Value | undefined {
  const known = attributesOf(y);
  if (!known || known.addend || known.relu || !sameShape(y.shape, addend.shape)) return undefined;
  return y.graph.apply(BlockedConv.make({ ...known, addend: true }), [...y.inputs, addend]);
}

/** Relu of the convolution. */
export function withRelu(y: Value): Value | undefined {
  const known = attributesOf(y);
  return known && !known.relu ? y.graph.apply(BlockedConv.make({ ...known, relu: true }), y.inputs) : undefined;
}

function upTo(extent: number, block: number): number {
  return Math.ceil(extent / block) * block;
}

/** Kernels [O, C, h, w] as the blocked kernels read them: B outputs innermost, behind B inputs where C ≥ B. */
function blockedFilter(w: Value, block: number): Value {
  const [o, c, ...kernel] = w.shape;
  const taps = sizeOf(kernel);
  const outputs = upTo(o, block);
  const channels = c < block ? c : upTo(c, block);
  const whole = pad(w, [0, 0, 0, 0], [outputs - o, channels - c, 0, 0]);
  if (c < block) return transpose(reshape(whole, [outputs / block, block, c * taps]), [0, 2, 1]);
  return transpose(reshape(whole, [outputs / block, block, channels / block, block, taps]), [0, 2, 4, 3, 1]);
}

/** Images as the blocked kernels read them. */
function blockedImages(x: Value, block: number): Value {
  return x.shape[1] < block ? x : toBlocked(x, 1, block);
}

/** x ∗ w with w [O, C, h, w]. */
export function convBlocked(x: Value, w: Value, block: number, geometry: ConvGeometry, shape: Shape): Value {
  const { images, rest } = withColumns(blockedImages(x, block), geometry, shape[3]);
  const y = blockedConv(images, blockedFilter(w, block), w.shape.slice(2), rest);
  return fromBlocked(y, 1, shape);
}

/**
 * The images with the padding of their rows, where that reaches half of the results, and what is left of the geometry: the kernel does
 * six columns of the result together, but one by one those that see padding, which is as slow as four.
 */
function withColumns(images: Value, geometry: ConvGeometry, columns: number): { images: Value; rest: ConvGeometry } {
  const { before, after } = geometry;
  if (2 * (before[1] + after[1]) < columns) return { images, rest: geometry };
  const along = (amount: number) => images.shape.map((_, axis) => (axis === 3 ? amount : 0));
  return {
    images: pad(images, along(before[1]), along(after[1])),
    rest: { ...geometry, before: [before[0], 0], after: [after[0], 0] },
  };
}

/** The images' cotangent at stride 1 is g ∗ flipped wᵀ: that filter and the padding. Undefined where the padding exceeds the kernel. */
export function adjointFilter(
  g: Value,
  w: Value,
  geometry: ConvGeometry,
  shape: Shape,
): { filter: Value; geometry: ConvGeometry } | undefined {
  const { dilations, before } = geometry;
  const kernel = w.shape.slice(2);
  const reach = kernel.map((size, k) => dilations[k] * (size - 1));
  const first = reach.map((extent, k) => extent - before[k]);
  const last = reach.map((extent, k) => shape[2 + k] + extent - g.shape[2 + k] - first[k]);
  if ([...first, ...last].some((extent) => extent < 0)) return undefined;
  const filter = transpose(reverse(w, [2, 3]), [1, 0, 2, 3]);
  return { filter, geometry: { ...geometry, before: first, after: last } };
}

/**
 * The images' cotangent at stride s: x̄[s·i + a] = Σ_d g[i + d]·w[a + p − s·d], so every phase a of the
 * images is a small convolution of g; the phases are further output channels of one convolution, and
 * interleaving them is a Gather of rows of B channels. Phases that no tap reaches share one block of zeros.
 */
export function convInputByPhases(g: Value, w: Value, block: number, geometry: ConvGeometry, shape: Shape): Value {
  const { strides, before } = geometry;
  const [n, c, ...extents] = shape;
  const kernel = w.shape.slice(2);
  const axes = kernel.map((size, k) => {
    const lowest = Math.ceil((before[k] - size + 1) / strides[k]);
    const highest = Math.floor((strides[k] - 1 + before[k]) / strides[k]);
    const span = highest - lowest + 1;
    const taps = Array.from({ length: strides[k] }, (_, a) =>
      Array.from({ length: span }, (_, i) => {
        const tap = a + before[k] - strides[k] * (lowest + i);
        return tap >= 0 && tap < size ? tap : size;
      }),
    );
    const reached = taps.flatMap((each, a) => (each.some((tap) => tap < size) ? [a] : []));
    const positions = Math.ceil(extents[k] / strides[k]);
    return { lowest, span, taps, reached, positions, after: positions - 1 + highest - (g.shape[2 + k] - 1) };
  });
  const [rows, columns] = axes;
  // w with one more tap of zeros, its taps gathered by phase: [O, C, phases, span, phases, span].
  const extended = pad(w, [0, 0, 0, 0], [0, 0, 1, 1]);
  const picked = (value: Value, axis: number, { taps, reached }: (typeof axes)[number]) =>
    gather(value, value.graph.integers(reached.flatMap((a) => taps[a])), axis);
  const byPhase = reshape(picked(picked(extended, 2, rows), 3, columns), [
    w.shape[0],
    c,
    rows.reached.length,
    rows.span,
    columns.reached.length,
    columns.span,
  ]);
  const phases = rows.reached.length * columns.reached.length;
  const allReached = phases === strides[0] * strides[1];
  const stacked = reshape(transpose(byPhase, [2, 4, 1, 0, 3, 5]), [phases * c, w.shape[0], rows.span, columns.span]);
  const filters = allReached ? stacked : pad(stacked, [0, 0, 0, 0], [block, 0, 0, 0]);
  const low = axes.map(({ lowest }) => Math.max(0, -lowest));
  const cut = axes.map(({ lowest }) => Math.max(0, lowest));
  const high = axes.map(({ after }) => after);
  const source = pad(g, [0, 0, ...cut.map((k) => -k)], [0, 0, ...high.map((k) => Math.min(0, k))]);
  const y = blockedConv(blockedImages(source, block), blockedFilter(filters, block), [rows.span, columns.span], {
    strides: [1, 1],
    before: low,
    after: high.map((k) => Math.max(0, k)),
    dilations: [1, 1],
    group: 1,
  });
  // Row of y that each blocked pixel of the images takes.
  const blocks = c / block;
  const area = rows.positions * columns.positions;
  const index = new Array<number>();
  for (let b = 0; b < blocks; b++) {
    for (let i = 0; i < extents[0]; i++) {
      const row = rows.reached.indexOf(i % strides[0]);
      for (let j = 0; j < extents[1]; j++) {
        const column = columns.reached.indexOf(j % strides[1]);
        const isReached = row >= 0 && column >= 0;
        const channel = isReached ? (row * columns.reached.length + column) * blocks + b : phases * blocks;
        index.push(channel * area + Math.floor(i / strides[0]) * columns.positions + Math.floor(j / strides[1]));
      }
    }
  }
  const flat = reshape(y, [n, y.shape[1] * area, block]);
  return fromBlocked(reshape(gather(flat, g.graph.integers(index), 1), [n, blocks, ...extents, block]), 1, shape);
}

/**
 * The kernels' cotangent as one convolution with exchanged roles: images are the channels, x the image,
 * g the kernel, strides are its dilation, and x's channels lie interleaved along the image's width.
 */
export function convWeightBlocked(x: Value, g: Value, block: number, geometry: ConvGeometry, shape: Shape): Value {
  const { strides, before } = geometry;
  const [n, c] = x.shape;
  const [o, , kh, kw] = shape;
  const [height, width] = g.shape.slice(2);
  const batch = upTo(n, block);
  // What the windows see: rows and columns up to the last tap of the last window.
  const after = [height, width].map(
    (extent, k) => (extent - 1) * strides[k] + shape[2 + k] - x.shape[2 + k] - before[k],
  );
  const [h, w] = [0, 1].map((k) => before[k] + x.shape[2 + k] + after[k]);

  const { images, lanes } = imagesAsChannels(x, block, before, after, [h, w]);
  const planes = images.shape[0];
  const outer = upTo(o, block) / block;
  // The kernel is as large as the map, so its rows of outputs are what threads share: two groups where there are few.
  const group = (batch / block) % 2 === 0 && planes * kh * Math.ceil(outer / 4) < 4 ? 2 : 1;
  const filter = cotangentAsFilter(g, block, batch, group);
  const y = blockedConv(images, filter, [height, width], {
    strides: [1, 1],
    before: [0, 0],
    after: [0, 0],
    dilations: [strides[0], strides[1] * lanes],
    group,
  });
  const parts = reshape(y, [planes, group, outer, kh, kw, lanes, block]);
  const sum = reshape(reduceSum(parts, [1]), [planes, outer, kh, kw, lanes, block]);
  const whole = reshape(transpose(sum, [1, 5, 0, 4, 2, 3]), [outer * block, planes * lanes, kh, kw]);
  return sliceAxis(sliceAxis(whole, 0, 0, o), 1, 0, c);
}

/** x padded as [planes, N/B, h, w·lanes, B]: `lanes` channels interleaved along the width, B images side by side. */
function imagesAsChannels(
  x: Value,
  block: number,
  before: readonly number[],
  after: readonly number[],
  [h, w]: readonly number[],
) {
  const [n, c, height, width] = x.shape;
  const source = sourceOf(x);
  if (c >= block) {
    const blocked = toBlocked(x, 1, block);
    const planes = blocked.shape[1];
    const padded = padPlane(reshape(blocked, [n * planes, height, width * block]), before, after, block);
    const images = toBlocked(reshape(padded, [n, planes, h, w * block]), 0, block);
    return { images: permuteRows(images, [1, 0, 2, 3, 4]), lanes: block };
  }
  if (source?.axis === 0) {
    const interleaved = permuteRows(source.physical, [0, 2, 3, 1, 4]);
    const padded = padPlane(reshape(interleaved, [n / block, height, width * c * block]), before, after, c * block);
    return { images: reshape(padded, [1, n / block, h, w * c, block]), lanes: c };
  }
  const padded = padPlane(reshape(transpose(x, [0, 2, 3, 1]), [n, height, width * c]), before, after, c);
  const images = toBlocked(reshape(padded, [n, 1, h, w * c]), 0, block);
  return { images: reshape(images, [1, images.shape[0], h, w * c, block]), lanes: c };
}

/** Padding of [.., height, width·depth]. */
function padPlane(x: Value, before: readonly number[], after: readonly number[], depth: number): Value {
  return pad(x, [0, before[0], before[1] * depth], [0, after[0], after[1] * depth]);
}

/** g as a filter [group, O/B, N/group/B, positions, B images, B outputs]. */
function cotangentAsFilter(g: Value, block: number, batch: number, group: number): Value {
  const [n, o, height, width] = g.shape;
  const positions = height * width;
  const source = sourceOf(g);
  if (source?.axis === 0) {
    // B images lie side by side already: the same reordering puts B outputs behind them.
    const twice = toBlocked(reshape(source.physical, [n / block, o, positions, block]), 1, block);
    const outer = twice.shape[1];
    return permuteRows(reshape(twice, [group, n / block / group, outer, positions, block, block]), [0, 2, 1, 3, 4, 5]);
  }
  const blocked = toBlocked(pad(g, [0, 0, 0, 0], [batch - n, 0, 0, 0]), 1, block);
  const outer = blocked.shape[1];
  return permuteRows(
    reshape(blocked, [group, batch / block / group, block, outer, positions, block]),
    [0, 3, 1, 4, 2, 5],
  );
}
