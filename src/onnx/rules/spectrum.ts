import { normalizeAxis } from "../../graph/broadcast.ts";
import type { Value } from "../../graph/value.ts";
import { mul } from "../../ops/arithmetic.ts";
import { gather } from "../../ops/gather.ts";
import { cast } from "../../ops/logic.ts";
import { matmul } from "../../ops/matmul.ts";
import { pad } from "../../ops/movement.ts";
import { reshape, transpose } from "../../ops/structure.ts";
import { allocate, sizeOf } from "../../util/tensor.ts";
import { FLAG, INT, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { dtypeFor } from "./shape.ts";

/** Which transform: of how many points, to how many, and whether the input is one half of a conjugate symmetric spectrum. */
interface Transform {
  readonly length: number;
  /** How many points go in and come out: fewer than `length` where one side of a spectrum is left out. */
  readonly read: number;
  readonly made: number;
  readonly inverse: boolean;
  readonly toReal: boolean;
}

/**
 * The transform as a matrix over pairs of a point and its real or imaginary part, [read·parts, made·parts]:
 * y[k] = Σₙ x[n]·exp(∓2πi·kn/N), divided by N where it is inverse. Angles are those of kn mod N, so that sines that are 0 are.
 */
function transformMatrix(node: NodeContext, parts: number, transform: Transform): Value {
  const { length, read, made, inverse, toReal } = transform;
  const out = toReal ? 1 : 2;
  const shape = [read * parts, made * out];
  node.checkSize(shape, true);
  const data = allocate(node.host.precision, sizeOf(shape));
  const sign = inverse ? 1 : -1;
  for (let n = 0; n < read; n++)
    for (let k = 0; k < made; k++) {
      const turn = ((n * k) % length) / length;
      // Half a spectrum stands for both sides, of which the first point and that in the middle have one.
      const sides = toReal && n > 0 && 2 * n < length ? 2 : 1;
      const weight = sides / (inverse ? length : 1);
      const [re, im] = [weight * cosine(turn), weight * sign * cosine(turn - 0.25)];
      // (a + bi)(re + im·i) = (a·re − b·im) + (a·im + b·re)i
      for (let part = 0; part < parts; part++) {
        const at = (n * parts + part) * made * out + k * out;
        data[at] = part === 0 ? re : -im;
        if (!toReal) data[at + 1] = part === 0 ? im : re;
      }
    }
  return node.graph.constant({ dtype: node.host.precision, shape, data });
}

/** cos 2πt, exact where it is 0 or ±1. */
function cosine(turns: number): number {
  const quarters = 4 * turns;
  return Number.isInteger(quarters) ? [1, 0, -1, 0][((quarters % 4) + 4) % 4] : Math.cos(2 * Math.PI * turns);
}

/** A transform along an axis of [… , real or real and imaginary parts], its input cut or padded with zeros. */
function transformed(node: NodeContext, x: Value, axis: number, transform: Transform): Value {
  const rank = x.shape.length;
  const parts = x.shape[rank - 1];
  if (parts !== 1 && parts !== 2)
    node.fail("shape-mismatch", `needs real or complex numbers along its last axis, which has ${parts} elements`);
  const { read, made, toReal } = transform;
  const fitted = pad(
    x,
    x.shape.map(() => 0),
    x.shape.map((extent, each) => (each === axis ? read - extent : 0)),
  );
  const others = x.shape.map((_, each) => each).filter((each) => each !== axis && each !== rank - 1);
  const moved = transpose(fitted, [...others, axis, rank - 1]);
  const outer = others.map((each) => x.shape[each]);
  const matrix = transformMatrix(node, parts, transform);
  const rows = matmul(reshape(moved, [sizeOf(outer), read * parts]), matrix);
  const y = reshape(rows, [...outer, made, toReal ? 1 : 2]);
  const order = [...others, axis, rank - 1];
  return transpose(
    y,
    order.map((_, each) => order.indexOf(each)),
  );
}

/** How many points of a transform of real numbers are different. */
const half = (length: number) => Math.floor(length / 2) + 1;

function dft(node: NodeContext): Value {
  const x = node.input(0);
  const rank = x.shape.length;
  if (rank < 2) node.fail("shape-mismatch", `needs a signal, not the shape [${x.shape.join(", ")}]`);
  const given = node.opset < 20 ? node.int("axis", 1) : node.has(2) ? node.number(2, "axis") : -2;
  const axis = normalizeAxis("DFT", given, rank);
  if (axis === rank - 1) node.fail("bad-axis", "transforms the axis of real and imaginary parts");
  const inverse = node.flag("inverse");
  const oneSided = node.flag("onesided");
  const toReal = inverse && oneSided;
  const extent = x.shape[axis];
  const length = node.has(1) ? node.number(1, "length") : toReal ? 2 * (extent - 1) : extent;
  if (!(length >= 1)) node.fail("bad-input", `transforms ${length} points`);
  if (oneSided && !inverse && x.shape[rank - 1] === 2)
    node.unsupported("gives one side of the transform of complex numbers, of which the other side differs");
  return transformed(node, x, axis, {
    length,
    read: toReal ? half(length) : length,
    made: oneSided && !inverse ? half(length) : length,
    inverse,
    toReal,
  });
}

/** The transforms of frames of a signal, [batch, samples, parts], each weighted by a window. */
function stft(node: NodeContext): Value {
  const x = node.input(0);
  const step = node.number(1, "step");
  const samples = x.shape[1];
  const length = node.has(3) ? node.number(3, "length") : (node.inputs[2]?.shape[0] ?? samples);
  if (x.shape.length !== 3 || !(step >= 1) || !(length >= 1 && length <= samples))
    node.fail("shape-mismatch", `takes frames of ${length} every ${step} of the shape [${x.shape.join(", ")}]`);
  const isComplex = x.shape[2] === 2;
  const oneSided = node.flag("onesided", true);
  if (isComplex && oneSided)
    node.unsupported("gives one side of the transform of complex numbers, of which the other side differs");
  const frames = 1 + Math.floor((samples - length) / step);
  node.checkSize([x.shape[0], frames, length, x.shape[2]], false);
  const places = Array.from({ length: frames * length }, (_, i) => Math.floor(i / length) * step + (i % length));
  const framed = gather(x, reshape(node.graph.integers(places), [frames, length]), 1);
  const window = node.has(2) ? node.input(2) : undefined;
  if (window && window.shape.join() !== String(length))
    node.fail("shape-mismatch", `weights frames of ${length} by a window of shape [${window.shape.join(", ")}]`);
  return transformed(node, window ? mul(framed, reshape(window, [length, 1])) : framed, 2, {
    length,
    read: length,
    made: oneSided ? half(length) : length,
    inverse: false,
    toReal: false,
  });
}

/** A window of the type that is asked for: Σₖ aₖ·cos(2πk·n/N), where N is its size, or one less where it is symmetric. */
function cosineWindow(op: string, ...weights: readonly number[]): OnnxRule {
  return {
    op,
    attributes: { output_datatype: INT, periodic: FLAG },
    inputs: 1,
    slots: ["structural"],
    flat: true,
    import: (node) => {
      const size = node.number(0, "size");
      const period = node.flag("periodic", true) ? size : size - 1;
      if (!(size >= 0)) node.fail("bad-input", `has the size ${size}`);
      if (size > 0 && period === 0) node.unsupported("makes a symmetric window of one element, which is not defined");
      node.checkSize([size], true);
      const data = allocate(node.host.precision, size);
      for (let n = 0; n < size; n++)
        data[n] = weights.reduce((sum, weight, k) => sum + weight * cosine(((n * k) % period) / period), 0);
      const window = node.graph.constant({ dtype: node.host.precision, shape: [size], data });
      return cast(window, dtypeFor(node, node.int("output_datatype", 1)));
    },
  };
}

/** The corners of triangles that are evenly spaced in mel(f) = 2595·log₁₀(1 + f/700), as points of a transform. */
function corners(node: NodeContext, count: number, length: number): number[] {
  const rate = node.number(2, "sample rate");
  const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
  const [low, high] = [mel(node.number(3, "lowest frequency")), mel(node.number(4, "highest frequency"))];
  const step = (high - low) / (count + 2);
  return Array.from({ length: count + 2 }, (_, i) => {
    const hertz = 700 * (10 ** ((low + i * step) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  });
}

/** Triangles over the points of a spectrum, [points, bands], each 1 at its middle. */
function melWeights(node: NodeContext): Value {
  const [bands, length] = [node.number(0, "number of bands"), node.number(1, "length")];
  const points = half(length);
  node.checkSize([points, bands], true);
  const places = corners(node, bands, length);
  const outside = places.find((place) => !(place >= 0 && place < points));
  if (outside !== undefined) node.fail("bad-input", `has a corner at point ${outside} of ${points}`);
  const data = allocate(node.host.precision, points * bands);
  for (let band = 0; band < bands; band++) {
    const [low, middle, high] = places.slice(band, band + 3);
    for (let point = low; point <= middle; point++)
      data[point * bands + band] = middle === low ? 1 : (point - low) / (middle - low);
    for (let point = middle; point < high; point++) data[point * bands + band] = (high - point) / (high - middle);
  }
  const weights = node.graph.constant({ dtype: node.host.precision, shape: [points, bands], data });
  return cast(weights, dtypeFor(node, node.int("output_datatype", 1)));
}

export const SPECTRA: readonly OnnxRule[] = [
  {
    op: "DFT",
    attributes: { axis: until(19, INT), inverse: FLAG, onesided: FLAG },
    inputs: 3,
    slots: ["arithmetic", "structural"],
    import: dft,
  },
  {
    op: "STFT",
    attributes: { onesided: FLAG },
    inputs: 4,
    slots: ["arithmetic", "structural"],
    import: stft,
  },
  cosineWindow("HannWindow", 0.5, -0.5),
  cosineWindow("HammingWindow", 25 / 46, -21 / 46),
  cosineWindow("BlackmanWindow", 0.42, -0.5, 0.08),
  {
    op: "MelWeightMatrix",
    attributes: { output_datatype: INT },
    inputs: 5,
    slots: ["structural"],
    flat: true,
    import: melWeights,
  },
];
