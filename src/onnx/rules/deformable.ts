import type { Value } from "../../graph/value.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { convOutputExtents } from "../../ops/conv-geometry.ts";
import { matmul } from "../../ops/matmul.ts";
import { concat, sliceAxis } from "../../ops/movement.ts";
import { reshape } from "../../ops/structure.ts";
import { sizeOf, type Shape } from "../../util/tensor.ts";
import { INT, INTS } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { combinations, sampled, tapsOf } from "./grid-sampling.ts";
import { attributeOfAxes } from "./window.ts";

/** Indices of all elements of a shape, row-major. */
function odometer(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, n) => all.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])),
    [[]],
  );
}

/**
 * Convolution whose taps are moved by offsets of the data (Dai 2017), each weighted by a mask (Zhu 2018): elements between
 * those of the image are interpolated, those outside are 0. A gather of as many elements as windows have, and a product.
 */
function deformableConvolution(node: NodeContext): Value {
  const [x, w, offsets] = [node.input(0), node.input(1), node.input(2)];
  const [n, channels, ...extents] = x.shape;
  const kernel = w.shape.slice(2);
  const rank = extents.length;
  if (rank < 1 || w.shape.length !== rank + 2)
    node.fail("shape-mismatch", `needs kernels for the shape [${x.shape.join(", ")}]`);
  if (attributeOfAxes(node, "kernel_shape", rank, 1).join() !== kernel.join() && node.hasAttribute("kernel_shape"))
    node.fail("bad-attribute", `has another kernel_shape than its kernels, [${kernel.join(", ")}]`);
  const pads = node.ints("pads") ?? new Array<number>(2 * rank).fill(0);
  if (pads.length !== 2 * rank) node.fail("bad-attribute", `has pads [${pads.join(", ")}] for ${rank} spatial axes`);
  const window = {
    strides: attributeOfAxes(node, "strides", rank, 1),
    dilations: attributeOfAxes(node, "dilations", rank, 1),
    before: pads.slice(0, rank),
    after: pads.slice(rank),
  };
  const out = convOutputExtents(x.shape, kernel, window);
  const [group, offsetGroup] = [node.int("group", 1), node.int("offset_group", 1)];
  const [taps, places] = [sizeOf(kernel), sizeOf(out)];
  const wanted = [n, offsetGroup * taps * rank, ...out];
  const width = channels / offsetGroup;
  if (
    offsets.shape.join() !== wanted.join() ||
    w.shape[1] * group !== channels ||
    w.shape[0] % group !== 0 ||
    !Number.isInteger(width)
  )
    node.fail("shape-mismatch", `has offsets [${offsets.shape.join(", ")}] where [${wanted.join(", ")}] fits`);
  node.checkSize([n, channels, taps, places], false);
  const flat = reshape(x, [n, channels, sizeOf(extents)]);
  const moved = reshape(offsets, [n, offsetGroup, taps, rank, places]);
  const mask = node.has(4) ? reshape(node.input(4), [n, offsetGroup, taps * places]) : undefined;
  const still = extents.map((_, axis) => {
    const data = odometer(kernel).flatMap((tap) =>
      odometer(out).map(
        (at) => at[axis] * window.strides[axis] - window.before[axis] + tap[axis] * window.dilations[axis],
      ),
    );
    const numbers = x.dtype === "float32" ? Float32Array.from(data) : Float64Array.from(data);
    return node.graph.constant({ dtype: x.dtype, shape: [1, 1, taps * places], data: numbers });
  });
  const columns = Array.from({ length: offsetGroup }, (_, each) => {
    const own = sliceAxis(moved, 1, each, each + 1);
    const chosen = extents.map((extent, axis) => {
      const by = reshape(sliceAxis(own, 3, axis, axis + 1), [n, 1, taps * places]);
      const inside = { extent, low: 0, high: extent - 1, padding: "zeros" };
      return tapsOf(add(by, still[axis]), "linear", inside);
    });
    const part = sliceAxis(flat, 1, each * width, (each + 1) * width);
    const found = combinations(chosen)
      .map((tap) => sampled(part, tap, extents))
      .reduce((sum, value) => add(sum, value));
    return mask ? mul(found, sliceAxis(mask, 1, each, each + 1)) : found;
  });
  const all = reshape(concat(columns, 1), [n, group, (channels / group) * taps, places]);
  const kernels = reshape(w, [1, group, w.shape[0] / group, (channels / group) * taps]);
  const y = reshape(matmul(kernels, all), [n, w.shape[0], ...out]);
  return node.has(3) ? add(y, reshape(node.input(3), [1, w.shape[0], ...out.map(() => 1)])) : y;
}

export const DEFORMABLE: readonly OnnxRule[] = [
  {
    op: "DeformConv",
    attributes: { dilations: INTS, group: INT, kernel_shape: INTS, offset_group: INT, pads: INTS, strides: INTS },
    inputs: 5,
    slots: ["arithmetic", "weight", "arithmetic", "offset", "arithmetic"],
    bends: (node) => ({
      text: "DeformConv has no derivative with respect to the places that it samples where one lies on an element (taken as that behind it); second derivatives ignore the kinks",
      by: node.input(2),
    }),
    import: deformableConvolution,
  },
];
