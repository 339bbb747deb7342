import { z } from "zod";
import type { Operation, Value } from "../graph/value.ts";
import type { Shape } from "../util/tensor.ts";
import { shapeSchema } from "./attribute-schemas.ts";
import { defineKernel } from "./define-op.ts";
import { pad } from "./movement.ts";
import { reshape } from "./structure.ts";

/*
 * The blocked layout of ONNX Runtime's fast convolutions, as ordinary tensors: B neighbours along one
 * axis of an image batch [N, C, H, W] lie side by side in memory,
 *   axis 1 (channels):  [N, C, H, W] → [N, C/B, H, W, B]      what nchwc.Conv reads and writes
 *   axis 0 (images):    [N, C, H, W] → [N/B, C, H, W, B]      any C, no waste
 * The axis is filled up with zeros to a multiple of B. Both operations are made by lowerings only, after
 * all derivatives, so they need no rules of their own.
 */

/** The domain of ONNX Runtime's operations on the blocked layout. */
export const BLOCKED_DOMAIN = "com.microsoft.nchwc";

export type BlockedAxis = 0 | 1;

const layoutSchema = z.strictObject({ axis: z.literal([0, 1]), block: z.int().positive() });

type Layout = z.infer<typeof layoutSchema>;

function afterVectorisation(node: Value): never {
  throw new RangeError(`${node.operation.name} is made after vectorisation`);
}

/** The physical shape [.., extent/B, .., B]. */
function blockedShape(shape: Shape, { axis, block }: Layout): number[] {
  return [...shape.map((extent, each) => (each === axis ? Math.ceil(extent / block) : extent)), block];
}

/** ToBlocked: images in the blocked layout, the axis filled up with zeros. */
export const ToBlocked = defineKernel({
  name: "ToBlocked",
  summary: "images in the blocked layout",
  attributes: layoutSchema,
  make: ({ axis, block }): Operation => ({
    name: "ToBlocked",
    rearranges: true,
    attributes: { axis, block },
    infer: ([x]) => ({ dtype: x.dtype, shape: blockedShape(x.shape, { axis, block }) }),
    simplify: ([x]) => {
      const source = sourceOf(x);
      return source && source.axis === axis && source.physical.shape[axis] * block === x.shape[axis]
        ? source.physical
        : undefined;
    },
    vmap: afterVectorisation,
    emit: (node, [x], e) => {
      const [n, c, h, w] = node.inputs[0].shape;
      const seen = axis === 1 ? [n, c, h, w] : [n / block, block, c * h, w];
      return e.node("Reshape", [
        e.node("ReorderInput", [e.node("Reshape", [x, e.integers(seen)])], {}, BLOCKED_DOMAIN),
        e.integers(node.shape),
      ]);
    },
  }),
});

/** FromBlocked: images in the plain layout, without the padding. */
export const FromBlocked = defineKernel({
  name: "FromBlocked",
  summary: "images from the blocked layout",
  /** The shape is that of the images; extents beyond it are padding. */
  attributes: layoutSchema.extend({ shape: shapeSchema }),
  make: ({ axis, block, shape }): Operation => ({
    name: "FromBlocked",
    rearranges: true,
    attributes: { axis, block, shape },
    infer: ([x]) => ({ dtype: x.dtype, shape }),
    simplify: ([x]) =>
      x.operation.name === ToBlocked.name && x.operation.attributes.axis === axis
        ? uncropped(x.inputs[0], shape)
        : undefined,
    vmap: afterVectorisation,
    emit: (node, [x], e) => {
      const physical = node.inputs[0].shape;
      const [n, c, h, w] = shape;
      if (node.dtype !== "float32") {
        // The runtime reorders float32 only.
        const perm = axis === 1 ? [0, 1, 4, 2, 3] : [0, 4, 1, 2, 3];
        const whole = shape.map((extent, each) => (each === axis ? physical[axis] * block : extent));
        const flat = e.node("Reshape", [e.node("Transpose", [x], { perm }), e.integers(whole)]);
        return e.node("Slice", [flat, e.integers([0]), e.integers([shape[axis]]), e.integers([axis])]);
      }
      const seen = axis === 1 ? [n, physical[1] * block, h, w] : [physical[0], block, c * h, w];
      const plain = e.node(
        "ReorderOutput",
        [e.node("Reshape", [x, e.integers(seen)])],
        { channels: axis === 1 ? c : block },
        BLOCKED_DOMAIN,
      );
      if (axis === 1) return plain;
      const whole = e.node("Reshape", [plain, e.integers([physical[0] * block, c, h, w])]);
      return physical[0] * block === n
        ? whole
        : e.node("Slice", [whole, e.integers([0]), e.integers([n]), e.integers([0])]);
    },
  }),
});

function uncropped(x: Value, shape: Shape): Value {
  const after = shape.map((extent, axis) => extent - x.shape[axis]);
  return pad(
    x,
    shape.map(() => 0),
    after,
  );
}

/** Channels come in multiples of this to the kernel that blocks them, which fills up the last block itself. */
const CHANNEL_STEP = 4;

/** Images [N, C, H, W] in the blocked layout, the axis filled up with zeros. */
export function toBlocked(x: Value, axis: BlockedAxis, block: number): Value {
  const step = axis === 1 ? CHANNEL_STEP : block;
  const missing = Math.ceil(x.shape[axis] / step) * step - x.shape[axis];
  const full =
    missing === 0
      ? x
      : pad(
          x,
          [0, 0, 0, 0],
          [0, 1, 2, 3].map((each) => (each === axis ? missing : 0)),
        );
  return x.graph.apply(ToBlocked.make({ axis, block }), [full]);
}

/** Images of a shape from their blocked layout. */
export function fromBlocked(physical: Value, axis: BlockedAxis, shape: Shape): Value {
  const block = physical.shape[4];
  return physical.graph.apply(FromBlocked.make({ axis, block, shape }), [physical]);
}

/** The blocked layout behind a value, when it is one seen as plain images without padding. */
export function sourceOf(value: Value): { physical: Value; axis: BlockedAxis; block: number } | undefined {
  if (value.operation.name !== FromBlocked.name) return undefined;
  const [physical] = value.inputs;
  const axis = value.operation.attributes.axis === 0 ? 0 : 1;
  const block = physical.shape[4];
  return physical.shape[axis] * block === value.shape[axis] ? { physical, axis, block } : undefined;
}

/** A value beside blocked images, laid out to broadcast against them; undefined where that needs a copy that the runtime cannot make. */
export function alignBlocked(value: Value, shape: Shape, layout: Layout): Value | undefined {
  const { axis, block } = layout;
  const rank = shape.length;
  if (value.shape.length > rank) return undefined;
  const extents = [...new Array<number>(rank - value.shape.length).fill(1), ...value.shape];
  if (extents[axis] === 1) return value.shape.length === 0 ? value : reshape(value, [...extents, 1]);
  const full = reshape(value, extents);
  const inner = extents.slice(axis + 1);
  // The blocked axis can be split in place where nothing lies behind it.
  if (inner.every((extent) => extent === 1)) return reshape(full, blockedShape(extents, layout));
  return value.dtype === "float32" ? toBlocked(full, axis, block) : undefined;
}
