import { listOf } from "./intake-error.ts";
import type { Notice } from "./onnx-node.ts";
import { type MadeTie, moveBetween, type Named, type Tie, typeOf } from "./tensor-tie.ts";

/** Rounding of a product in a file of float64. */
const FINE_TOLERANCE = 2 ** -40;

/** A tie that a number makes. */
export interface Proportion extends MadeTie {
  /** Whether the ratio is one number to the rounding of the file's own numbers. */
  readonly isToRounding: boolean;
}

/**
 * Matrices of random numbers that are one scale factor apart, up to transposition: an exporter has
 * multiplied the factor in (`x @ (c · embedding.T)`). Found by Σx⁴/(Σx²)², which no factor changes.
 */
export function proportions(roots: readonly Named[]): Proportion[] {
  const found: Proportion[] = [];
  const bySize = new Map<string, (Named & { square: number; shapeOf: number })[]>();
  for (const { name, tensor } of roots) {
    if (tensor.shape.filter((extent) => extent !== 1).length < 2) continue;
    let square = 0;
    let fourth = 0;
    const { data } = tensor;
    for (let i = 0; i < data.length; i++) {
      const own = data[i] ** 2;
      square += own;
      fourth += own ** 2;
    }
    const key = `${tensor.dtype} ${tensor.data.length}`;
    const alike = bySize.get(key) ?? [];
    bySize.set(key, alike);
    const shapeOf = fourth / square ** 2;
    const proportion = alike
      .filter((other) => Math.abs(other.shapeOf / shapeOf - 1) < 1e-5)
      .map((other) => proportionTo(other, { name, tensor }, Math.sqrt(square / other.square)))
      .find((each) => each !== undefined);
    if (proportion) found.push(proportion);
    else alike.push({ name, tensor, square, shapeOf });
  }
  return found;
}

function proportionTo(owner: Named, copy: Named, size: number): Proportion | undefined {
  if (size === 1) return undefined;
  for (const ratio of [size, -size]) {
    const move = moveBetween(owner.tensor, copy.tensor, ratio);
    if (!move) continue;
    const isSingle = copy.tensor.dtype === "float32";
    // A ratio from norms is finer than float32, in which the factor was, as a rule.
    const factor = isSingle ? Math.fround(ratio) : ratio;
    const scale = moveBetween(owner.tensor, copy.tensor, factor) ? factor : ratio;
    const isToRounding = isSingle || moveBetween(owner.tensor, copy.tensor, ratio, FINE_TOLERANCE) !== undefined;
    return { owner: owner.name, copy: copy.name, scale, move, ...typeOf(copy), isToRounding };
  }
  return undefined;
}

/** What is said of pairs that are one parameter, and of others. */
export function proportionNotices(tied: readonly Tie[], apart: readonly Tie[]): Notice[] {
  const listed = (pairs: readonly Tie[]) =>
    listOf(
      pairs.map(({ owner, copy, scale }) => `${copy} is ${Number(scale.toPrecision(6))} times ${owner}`),
      6,
    );
  const found: Notice[] = [];
  if (tied.length > 0)
    found.push({
      code: "retied-parameters",
      message: `The file holds matrices that are one number times another, up to transposition, which random numbers never are by accident; each pair is one parameter again, times that number: ${listed(tied)}.`,
    });
  if (apart.length > 0)
    found.push({
      code: "proportional-parameters",
      message: `The file holds matrices that are a number times each other, up to transposition, which random numbers never are by accident; they count as tensors of their own: ${listed(apart)}. If the network ties them, derivatives with respect to the shared weights are others than these: export it without constant folding, so that the file holds the weights once.`,
    });
  return found;
}
