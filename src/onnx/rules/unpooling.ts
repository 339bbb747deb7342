import type { Value } from "../../graph/value.ts";
import { convOutputExtents } from "../../ops/conv-geometry.ts";
import { unpatch } from "../../ops/conv-lowering.ts";
import { expand, reshape } from "../../ops/structure.ts";
import { sizeOf, type Shape } from "../../util/tensor.ts";
import { INTS } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { written } from "./scatter.ts";
import { attributeOfAxes } from "./window.ts";

/** The blocks of an image, [N, C·block, blocks], put back where they were taken from; what overlaps adds up. */
function blocksToImage(node: NodeContext): Value {
  const x = node.input(0);
  const [extents, kernel] = [node.integers(1, "shape of the image"), node.integers(2, "shape of a block")];
  const axes = extents.length;
  const [n, rows, blocks] = x.shape;
  const channels = rows / sizeOf(kernel);
  const pads = node.ints("pads") ?? new Array<number>(2 * axes).fill(0);
  const window = {
    strides: attributeOfAxes(node, "strides", axes, 1),
    dilations: attributeOfAxes(node, "dilations", axes, 1),
    before: pads.slice(0, axes),
    after: pads.slice(axes),
  };
  const fits = x.shape.length === 3 && kernel.length === axes && pads.length === 2 * axes && Number.isInteger(channels);
  const found = fits ? sizeOf(convOutputExtents([n, channels, ...extents], kernel, window)) : undefined;
  if (found !== blocks)
    node.fail(
      "shape-mismatch",
      `puts blocks [${kernel.join(", ")}] of the shape [${x.shape.join(", ")}] into [${extents.join(", ")}]`,
    );
  node.checkSize([n, channels, ...extents], false);
  return unpatch(reshape(x, [n, channels, sizeOf(kernel), blocks]), kernel, window, extents);
}

/** Where in their own images pooled elements lie, and of which extents those are, if indices are those of a pooling. */
function winnersOf(indices: Value): { readonly places: Value; readonly extents: Shape } | undefined {
  const candidates = indices.operation.name === "Add" ? indices.inputs : [indices];
  const places = candidates.find(({ operation }) => operation.name === "MaxPoolIndices");
  return places && { places, extents: places.inputs[0].shape.slice(2) };
}

/** Pooled elements at the places that they were taken from, 0 everywhere else. */
function maxUnpool(node: NodeContext): Value {
  const [x, indices] = [node.input(0), node.input(1)];
  const axes = x.shape.length - 2;
  if (axes < 1 || indices.shape.join() !== x.shape.join())
    node.fail("shape-mismatch", `has indices [${indices.shape.join(", ")}] for the shape [${x.shape.join(", ")}]`);
  const kernel = attributeOfAxes(node, "kernel_shape", axes, 1);
  const strides = attributeOfAxes(node, "strides", axes, 1);
  const pads = node.ints("pads") ?? new Array<number>(2 * axes).fill(0);
  const [n, channels, ...pooled] = x.shape;
  const implied = pooled.map((extent, k) => (extent - 1) * strides[k] - pads[k] - pads[axes + k] + kernel[k]);
  const shape = node.has(2) ? node.integers(2, "shape") : [n, channels, ...implied];
  const extents = shape.slice(2);
  if (shape.length !== x.shape.length || shape[0] !== n || shape[1] !== channels)
    node.fail("shape-mismatch", `cannot turn the shape [${x.shape.join(", ")}] into [${shape.join(", ")}]`);
  node.checkSize(shape, false);
  const zeros = (each: Shape) => expand(x.graph.scalar(0, x.dtype), each);
  const winners = winnersOf(indices);
  if (winners && winners.extents.join() === extents.join()) {
    const rows = [n * channels, sizeOf(pooled)];
    const put = written(zeros([rows[0], sizeOf(extents)]), reshape(x, rows), reshape(winners.places, rows), 1);
    return reshape(put, shape);
  }
  if (extents.join() !== implied.join())
    node.unsupported(
      `puts elements into [${extents.join(", ")}] by indices that may count through [${implied.join(", ")}]: the definition and the runtime differ`,
      "Take the indices from the MaxPool node of an image of this shape, or leave the shape out.",
    );
  const count = sizeOf(x.shape);
  return reshape(written(zeros([sizeOf(shape)]), reshape(x, [count]), reshape(indices, [count]), 0), shape);
}

export const UNPOOLING: readonly OnnxRule[] = [
  {
    op: "Col2Im",
    attributes: { dilations: INTS, pads: INTS, strides: INTS },
    inputs: 3,
    slots: ["arithmetic", "structural"],
    import: blocksToImage,
  },
  {
    op: "MaxUnpool",
    attributes: { kernel_shape: INTS, pads: INTS, strides: INTS },
    inputs: 3,
    slots: ["passes", "structural"],
    import: maxUnpool,
  },
];
