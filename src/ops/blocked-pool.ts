import { z } from "zod";
import type { Attributes } from "../graph/emitter.ts";
import { emptyGraphFor, inspected } from "../graph/inspected.ts";
import { countUses, reachable, rebuild } from "../graph/traverse.ts";
import type { Operation, Value } from "../graph/value.ts";
import { positiveSchema } from "./attribute-schemas.ts";
import { Mul, mul, sub } from "./arithmetic.ts";
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

function rowMaxima(physical: Value): Value {
  return windows(BlockedMaxPool, [2, 1], physical);
}

/** The largest of each 2×2 window. */
export function blockedMaxPool(x: Value, block: number, shape: Value["shape"]): Value {
  const { physical, axis } = layoutOf(x, block);
  return fromBlocked(rowMaxima(columnMaxima(physical)), axis, shape);
}

/**
 * WinnerMask: 1 where an element is the largest of its 2×2 window (the first of equals, row by row), else 0, of two masks:
 * whether it is in the lower row, [.., H/2, W/2, B], and whether it is the right one in each row, [.., H, W/2, B].
 */
export const WinnerMask = defineKernel({
  name: "WinnerMask",
  summary: "whether an element is the largest of its window",
  attributes: z.strictObject({}),
  make: (): Operation => ({
    name: "WinnerMask",
    attributes: {},
    infer: ([, isRight]) => {
      const [n, c, h, w, block] = isRight.shape;
      return { dtype: isRight.dtype, shape: [n, c, h, 2 * w, block] };
    },
    vmap: (node) => {
      throw new RangeError(`${node.operation.name} is made after vectorisation`);
    },
    emit: (node) => {
      throw new RangeError(`${node.operation.name} is written out by spreadWinners`);
    },
  }),
});

function winnerMask(physical: Value): Value {
  const { graph, dtype } = physical;
  const [n, c, h, w, block] = physical.shape;
  const first = (x: Value, shape: Value["shape"]) => reshape(gather(x, graph.scalar(0, "int64"), 1), shape);
  // Whatever exceeds the first of two is the other.
  const maxima = columnMaxima(physical);
  const left = first(reshape(physical, [(n * c * h * w) / 2, 2, block]), maxima.shape);
  const largest = rowMaxima(maxima);
  const top = first(reshape(maxima, [(n * c * h) / 2, 2, (w / 2) * block]), largest.shape);
  const isBottom = cast(greater(largest, top), dtype);
  const isRight = cast(greater(maxima, left), dtype);
  return graph.apply(WinnerMask.make({}), [isBottom, isRight]);
}

/** A value of each window at its largest element, zeros elsewhere: each half takes it times its mask, or what that leaves. */
function atWinners(value: Value, [isBottom, isRight]: readonly Value[], shape: Value["shape"]): Value {
  const onBottom = mul(value, isBottom);
  const rows = reshape(stack([sub(value, onBottom), onBottom], 3), isRight.shape);
  const onRight = mul(rows, isRight);
  return reshape(stack([sub(rows, onRight), onRight], 4), shape);
}

/**
 * Writes masks of winners out. Where one stands for a single product with what {@link blockedPlace} spread over the windows, that is
 * put to the winners at once, and neither is made: two passes over the images less.
 */
export function spreadWinners(outputs: readonly Value[]): Value[] {
  const order = reachable(outputs);
  if (!order.some(isWinnerMask)) return [...outputs];
  const uses = countUses(outputs);
  const spreadOnto = (value: Value, mask: Value, inputs: readonly Value[]) => {
    const spread = inputs.find(({ operation }) => operation.name === BlockedUpsample.name);
    const written = inputs.find(isWinnerMask);
    return spread && written && uses.get(mask) === 1
      ? atWinners(spread.inputs[0], written.inputs, value.shape)
      : undefined;
  };
  const placed = rebuild(outputs, emptyGraphFor(outputs), (value, inputs) => {
    const mask = value.operation.name === Mul.name ? value.inputs.find(isWinnerMask) : undefined;
    return mask && spreadOnto(value, mask, inputs);
  });
  const written = rebuild(placed, emptyGraphFor(outputs), (value, inputs) =>
    isWinnerMask(value) ? atWinners(inputs[0].graph.scalar(1, value.dtype), inputs, value.shape) : undefined,
  );
  return inspected("spread winners", written);
}

function isWinnerMask({ operation }: Value): boolean {
  return operation.name === WinnerMask.name;
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
