import { z } from "zod";
import type { Attributes } from "../graph/emitter.ts";
import type { Operation, Value } from "../graph/value.ts";
import { positiveSchema } from "./attribute-schemas.ts";
import { mul, sub } from "./arithmetic.ts";
import { BLOCKED_DOMAIN, fromBlocked, sourceOf, toBlocked, type BlockedAxis } from "./blocked-layout.ts";
import { type OpDefinition, defineKernel } from "./define-op.ts";
import { gather } from "./gather.ts";
import { cast, greater } from "./logic.ts";
import { stack } from "./movement.ts";
import { reshape } from "./structure.ts";

/** Windows side by side on blocked images [.., H, W, B]. */
function windowOperation(
  kind: "MaxPool" | "AveragePool" | "Upsample",
  summary: string,
  windowed: (extent: number, window: number) => number,
  attributesOf: (window: readonly number[]) => Attributes,
) {
  return defineKernel({
    name: `Blocked${kind}`,
    summary,
    attributes: z.strictObject({ window: positiveSchema }),
    make: ({ window }): Operation => ({
      name: `Blocked${kind}`,
      attributes: { window },
      infer: ([{ dtype, shape }]) => {
        const [n, c, h, w, block] = shape;
        return { dtype, shape: [n, c, windowed(h, window[0]), windowed(w, window[1]), block] };
      },
      vmap: (node) => {
        throw new RangeError(`${node.operation.name} is made after vectorisation`);
      },
      emit: (node, [x], e) => {
        const [n, c, h, w, block] = node.inputs[0].shape;
        const images = e.node("Reshape", [x, e.integers([n, c * block, h, w])]);
        const windows = e.node(kind, [images], attributesOf(window), BLOCKED_DOMAIN);
        return e.node("Reshape", [windows, e.integers(node.shape)]);
      },
    }),
  });
}

const pooling = (window: readonly number[]): Attributes => ({ kernel_shape: window, strides: window });

export const BlockedMaxPool = windowOperation("MaxPool", "largest of each window", (n, size) => n / size, pooling);
export const BlockedAveragePool = windowOperation("AveragePool", "mean of each window", (n, size) => n / size, pooling);
export const BlockedUpsample = windowOperation(
  "Upsample",
  "each pixel spread over its window",
  (n, size) => n * size,
  (window) => ({ scales: [1, 1, ...window], mode: "nearest" }),
);

function windows(operation: OpDefinition<{ window: readonly number[] }>, window: readonly number[], x: Value): Value {
  return x.graph.apply(operation.make({ window }), [x]);
}

/** Images in the layout that they have, else with images side by side, which wastes nothing whatever the number of channels. */
function layoutOf(x: Value, block: number): { physical: Value; axis: BlockedAxis } {
  return sourceOf(x) ?? { physical: toBlocked(x, 0, block), axis: 0 };
}

function columnMaxima(physical: Value): Value {
  return windows(BlockedMaxPool, [1, 2], physical);
}

/** The largest of each 2×2 window. */
export function blockedMaxPool(x: Value, block: number, shape: Value["shape"]): Value {
  const { physical, axis } = layoutOf(x, block);
  return fromBlocked(windows(BlockedMaxPool, [2, 1], columnMaxima(physical)), axis, shape);
}

/** 1 where x is the largest of its 2×2 window (the first of equals, row by row), else 0. */
function winnerMask(physical: Value): Value {
  const { graph, dtype } = physical;
  const [n, c, h, w, block] = physical.shape;
  const halves = (x: Value) => [0, 1].map((i) => gather(x, graph.scalar(i, "int64"), 1));
  const [left, right] = halves(reshape(physical, [(n * c * h * w) / 2, 2, block]));
  const isRight = cast(greater(right, left), dtype);
  const [top, bottom] = halves(reshape(columnMaxima(physical), [(n * c * h) / 2, 2, (w / 2) * block]));
  const isBottom = cast(greater(bottom, top), dtype);
  const row = reshape(stack([sub(1, isBottom), isBottom], 1), isRight.shape);
  const onRight = mul(row, isRight);
  return reshape(stack([sub(row, onRight), onRight], 1), physical.shape);
}

/** The elements of t where x is largest in each 2×2 window. */
export function blockedPick(x: Value, t: Value, block: number, shape: Value["shape"]): Value {
  const { physical, axis } = layoutOf(x, block);
  const chosen = mul(toBlocked(t, axis, block), winnerMask(physical));
  return fromBlocked(mul(windows(BlockedAveragePool, [2, 2], chosen), 4), axis, shape);
}

/** g at the elements where x is largest in each 2×2 window, zeros elsewhere. */
export function blockedPlace(x: Value, g: Value, block: number): Value {
  const { physical, axis } = layoutOf(x, block);
  const spread = windows(BlockedUpsample, [2, 2], toBlocked(g, axis, block));
  return fromBlocked(mul(spread, winnerMask(physical)), axis, x.shape);
}
