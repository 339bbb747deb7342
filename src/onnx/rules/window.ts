import type { WindowGeometry } from "../../ops/conv-geometry.ts";
import type { Shape } from "../../util/tensor.ts";
import { oneOf } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";

export const AUTO_PAD = oneOf("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");

/** An attribute with one integer for each spatial axis. */
export function attributeOfAxes(node: NodeContext, name: string, axes: number, otherwise: number): readonly number[] {
  const given = node.ints(name) ?? new Array<number>(axes).fill(otherwise);
  const positive = name === "strides" || name === "dilations" || name === "kernel_shape";
  if (given.length !== axes || given.some((each) => (positive ? each < 1 : each < 0))) {
    node.fail("bad-attribute", `has ${name} [${given.join(", ")}] for ${axes} spatial axes`);
  }
  return given;
}

/**
 * Strides, dilations and padding of a sliding window, with auto_pad and ceil_mode resolved. In
 * ceil_mode the padding behind grows so that the last window fits; a window that would start behind
 * the image and the padding before it does not count (as in PyTorch).
 */
export function windowOf(node: NodeContext, x: Shape, kernel: Shape, ceil = false): WindowGeometry {
  const axes = kernel.length;
  if (x.length !== axes + 2)
    node.fail("shape-mismatch", `slides a window over ${axes} axes of the shape [${x.join(", ")}]`);
  node.checkSize(kernel, true);
  const strides = attributeOfAxes(node, "strides", axes, 1);
  const dilations = attributeOfAxes(node, "dilations", axes, 1);
  const mode = node.string("auto_pad", "NOTSET");
  // VALID is no padding, which ceil_mode may still let grow at the end.
  const given = mode === "VALID" ? undefined : node.ints("pads");
  const pads = given ?? new Array<number>(2 * axes).fill(0);
  if (pads.length !== 2 * axes) node.fail("bad-attribute", `has pads [${pads.join(", ")}] for ${axes} spatial axes`);
  const reach = kernel.map((size, k) => dilations[k] * (size - 1) + 1);
  if (mode === "NOTSET" || mode === "VALID") {
    const before = pads.slice(0, axes);
    const after = pads.slice(axes);
    if (ceil) {
      for (let k = 0; k < axes; k++) {
        const extent = x[2 + k];
        let count = Math.ceil((extent + before[k] + after[k] - reach[k]) / strides[k]) + 1;
        if ((count - 1) * strides[k] >= extent + before[k]) count--;
        after[k] = Math.max(after[k], (count - 1) * strides[k] + reach[k] - extent - before[k]);
      }
    }
    return { strides, dilations, before, after };
  }
  const total = kernel.map((_, k) => {
    const extent = x[2 + k];
    return Math.max((Math.ceil(extent / strides[k]) - 1) * strides[k] + reach[k] - extent, 0);
  });
  const small = total.map((n) => Math.floor(n / 2));
  const large = total.map((n, k) => n - small[k]);
  return mode === "SAME_LOWER"
    ? { strides, dilations, before: large, after: small }
    : { strides, dilations, before: small, after: large };
}
