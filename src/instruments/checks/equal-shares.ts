import { dot, norm2, normalize } from "../../linalg/vector.ts";
import type { ParameterTensor } from "../../problem/parameter-space.ts";
import type { RandomStream } from "../../random/random-stream.ts";

/** Tensors whose shares in the change of the loss differ more than this are tried apart. */
const SPREAD = 1e3;

/** A direction in parameter space along which several tensors change the loss alike. */
export interface SharedDirection {
  readonly direction: Float64Array;
  /** Which tensors take part, by number. */
  readonly tensors: readonly number[];
  /** By how much each of its tensors changes the loss to first order, at a step of 1, at least. */
  readonly share: number;
  /** ⟨gradient, direction⟩ */
  readonly slope: number;
}

/**
 * The length by which a move of a tensor is measured: its own, but at least a thousandth of what the middle tensor of
 * the network has for as many elements; that of the middle one where it is zero.
 */
export function lengthsOf(tensors: readonly ParameterTensor[], point: Float64Array): number[] {
  const own = tensors.map(({ offset, size }) => norm2(point.subarray(offset, offset + size)));
  const sizes = own
    .map((length, i) => length / Math.sqrt(tensors[i].size))
    .filter((size) => size > 0)
    .toSorted((a, b) => a - b);
  const middle = sizes.length > 0 ? sizes[Math.floor(sizes.length / 2)] : 1;
  return tensors.map(({ size }, i) => {
    const typical = middle * Math.sqrt(size);
    return own[i] === 0 ? typical : Math.max(own[i], 1e-3 * typical);
  });
}

/**
 * Directions in which an error in the gradient of any tensor shows as much as in any other: each tensor takes part with
 * about the same share of the slope, along its own gradient and a random direction of the same length across it. In the
 * first all go uphill, where a factor that is wrong in several tensors alike adds up; in each of the others one half of
 * them goes downhill, so that any two tensors are opposite in one at least: errors of opposite signs add up there. Shares are
 * one to two times the least, at random, lest errors cancel by design. The largest moves by about its own length at a step
 * of 1. Tensors that can change the loss by less than `least` are left out, tensors of very different reach go into
 * directions of their own. Each is made when it is asked for: of a large network they are long.
 */
export function* equalShares(
  tensors: readonly ParameterTensor[],
  point: Float64Array,
  gradient: Float64Array,
  least: number,
  random: RandomStream,
): Generator<SharedDirection> {
  const lengths = lengthsOf(tensors, point);
  const able = tensors
    .map(({ offset, size }, i) => {
      const steepness = norm2(gradient.subarray(offset, offset + size));
      return { number: i, offset, size, steepness, reach: steepness * lengths[i] };
    })
    .filter(({ reach }) => reach > least)
    .toSorted((a, b) => b.reach - a.reach);
  const groups: (typeof able)[] = [];
  for (const each of able) {
    const group = groups.at(-1);
    if (group && group[0].reach <= SPREAD * each.reach) group.push(each);
    else groups.push([each]);
  }
  for (const group of groups) {
    const share = group[group.length - 1].reach;
    const rounds = 1 + Math.ceil(Math.log2(group.length));
    for (let round = 0; round < rounds; round++) {
      const direction = new Float64Array(point.length);
      for (const [place, { offset, size, steepness }] of group.entries()) {
        const steep = gradient.subarray(offset, offset + size).map((x) => x / steepness);
        // Across the gradient, so that it takes nothing from the share.
        const aside = random.normalVector(size);
        const along = dot(aside, steep);
        for (let i = 0; i < size; i++) aside[i] -= along * steep[i];
        if (size > 1) normalize(aside);
        else aside.fill(0);
        const isDownhill = round > 0 && (place >> (round - 1)) % 2 === 1;
        const length = ((isDownhill ? -1 : 1) * (1 + random.uniform()) * share) / steepness;
        for (let i = 0; i < size; i++) direction[offset + i] = length * (steep[i] + aside[i]);
      }
      yield { direction, tensors: group.map(({ number }) => number), share, slope: dot(gradient, direction) };
    }
  }
}
