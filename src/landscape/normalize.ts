import type { TensorFilters } from "./filters.ts";
import type { Normalization } from "./normalizations/normalization.ts";

/**
 * A direction with every part as long as the weights it changes: d_p ‖θ_p‖ / ‖d_p‖ for the parts p of a normalisation. A
 * part without weights does not move. Offsets stay where they are, or take the factor of the filter that they belong to
 * (of themselves where they belong to none).
 *
 * @param isWithOffsets whether offsets move, too
 */
export function normalized(
  direction: Float64Array,
  theta: Float64Array,
  filters: readonly TensorFilters[],
  normalization: Normalization,
  isWithOffsets: boolean,
): Float64Array {
  const moved = direction.slice();
  const factors = new Map<TensorFilters, Float64Array>();
  const factorsOf = (each: TensorFilters): Float64Array => {
    const known = factors.get(each) ?? ratios(direction, theta, each, normalization);
    factors.set(each, known);
    return known;
  };
  for (const each of filters) {
    const { tensor, role, source } = each;
    const isLeft = role === "offset" && !isWithOffsets && normalization.leavesOffsets;
    const parts = normalization.partsOf(each);
    if (isLeft) moved.fill(0, tensor.offset, tensor.offset + tensor.size);
    else if (parts !== undefined) {
      const scale = factorsOf(source ?? each);
      for (let i = 0; i < tensor.size; i++) moved[tensor.offset + i] *= scale[parts.partOf(i)];
    }
  }
  return moved;
}

/** ‖θ_p‖ / ‖d_p‖ for every part of a tensor; 0 where the direction has nothing there. */
function ratios(
  direction: Float64Array,
  theta: Float64Array,
  filters: TensorFilters,
  normalization: Normalization,
): Float64Array {
  const { tensor } = filters;
  const { count, partOf } = normalization.partsOf(filters) ?? { count: 1, partOf: () => 0 };
  const [own, weights] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < tensor.size; i++) {
    own[partOf(i)] += direction[tensor.offset + i] ** 2;
    weights[partOf(i)] += theta[tensor.offset + i] ** 2;
  }
  return own.map((square, p) => (square === 0 ? 0 : Math.sqrt(weights[p] / square)));
}
