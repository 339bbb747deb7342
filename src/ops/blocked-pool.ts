import type { Attributes, Operation } from "../graph/operation.ts";
import type { Value } from "../graph/value.ts";
import { mul, sub } from "./arithmetic.ts";
import { BLOCKED_DOMAIN, fromBlocked, sourceOf, toBlocked, type BlockedAxis } from "./blocked-layout.ts";
import { gather } from "./gather.ts";
import { cast, greater } from "./logic.ts";
import { stack } from "./movement.ts";
import { reshape } from "./structure.ts";

/** Windows side by side on blocked images [.., H, W, B]: the largest or the mean of each, or each pixel spread over its window. */
function windowOperation(kind: "MaxPool" | "AveragePool" | "Upsample", window: readonly [number, number]): Operation {
  const [down, across] = window;
  return {
    name: `Blocked${kind}`,
    attributes: { window },
    infer: ([{ dtype, shape }]) => {
      const [n, c, h, w, block] = shape;
      return {
        dtype,
        shape: kind === "Upsample" ? [n, c, h * down, w * across, block] : [n, c, h / down, w / across, block],
      };
    },
    vmap: (node) => {
      throw new RangeError(`${node.operation.name} is made after vectorisation`);
    },
    emit: (node, [x], e) => {
      const [n, c, h, w, block] = node.inputs[0].shape;
      const images = e.node("Reshape", [x, e.integers([n, c * block, h, w])]);
      const attributes: Attributes =
        kind === "Upsample"
          ? { scales: [1, 1, down, across], mode: "nearest" }
          : { kernel_shape: window, strides: window };
      return e.node("Reshape", [e.node(kind, [images], attributes, BLOCKED_DOMAIN), e.integers(node.shape)]);
    },
  };
}

function windows(kind: "MaxPool" | "AveragePool" | "Upsample", window: readonly [number, number], x: Value): Value {
  return x.graph.apply(windowOperation(kind, window), [x]);
}

/** Images in the layout that they have, else with images side by side, which wastes nothing whatever the number of channels. */
function layoutOf(x: Value, block: number): { physical: Value; axis: BlockedAxis } {
  return sourceOf(x) ?? { physical: toBlocked(x, 0, block), axis: 0 };
}

function columnMaxima(physical: Value): Value {
  return windows("MaxPool", [1, 2], physical);
}

/** The largest of each 2×2 window. */
export function blockedMaxPool(x: Value, block: number, shape: Value["shape"]): Value {
  const { physical, axis } = layoutOf(x, block);
  return fromBlocked(windows("MaxPool", [2, 1], columnMaxima(physical)), axis, shape);
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
  return fromBlocked(mul(windows("AveragePool", [2, 2], chosen), 4), axis, shape);
}

/** g at the elements where x is largest in each 2×2 window, zeros elsewhere. */
export function blockedPlace(x: Value, g: Value, block: number): Value {
  const { physical, axis } = layoutOf(x, block);
  const spread = windows("Upsample", [2, 2], toBlocked(g, axis, block));
  return fromBlocked(mul(spread, winnerMask(physical)), axis, x.shape);
}
