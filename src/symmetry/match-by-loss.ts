import { frobeniusLength } from "../linalg/dense.ts";
import { sizeOf } from "../util/tensor.ts";
import type { Pair } from "./align.ts";
import { bestMap, sourceOf, unitSums } from "./matching.ts";
import { applyElement, type GroupElement, type UnitMap } from "./unit-map.ts";

/** Share of a map's size that the first step takes; the last takes none. */
const FIRST_STEP = 0.1;

/** How much of the direction stays from one step to the next. */
const MOMENTUM = 0.9;

/**
 * Maps that lower the loss half-way between two networks (Ainsworth et al. 2023, §3.3; Theus et al. 2025): for each class a
 * matrix goes down the gradient of the loss at the middle with respect to its map, and the map is the one of its group
 * nearest to it. Places stay where they are. Gives the element after every step; the loss of each is the caller's to ask.
 *
 * @param gradient of the loss at a θ in balanced form
 */
export async function* matchByLoss(
  { symmetry: { symmetry }, mine, theirs }: Pair,
  start: GroupElement,
  steps: number,
  gradient: (middle: Float64Array) => Promise<Float64Array>,
): AsyncGenerator<GroupElement, void> {
  const { classes, tensors } = symmetry;
  const moving = [...classes.keys()].filter((units) => classes.every(({ places }) => places !== units));
  const matrices = start.map((maps, units) => maps.map((map) => matrixOf(map, classes[units].extent)));
  const directions = matrices.map((each) => each.map((matrix) => new Float64Array(matrix.length)));
  let element = start;
  for (let step = 0; step < steps; step++) {
    const there = applyElement(symmetry, element, theirs.theta);
    const slope = await gradient(mine.theta.map((x, i) => (x + there[i]) / 2));
    const evidence = tensors.flatMap(({ offset, dimensions }) => {
      if (dimensions.every(({ units }) => units === undefined)) return [];
      const end = offset + sizeOf(dimensions.map(({ extent }) => extent));
      return [{ dimensions, mine: slope.subarray(offset, end), theirs: theirs.theta.subarray(offset, end) }];
    });
    const length = FIRST_STEP * (1 - step / steps);
    const next = [...element];
    for (const units of moving) {
      const { extent, places } = classes[units];
      const maps = [...element[units]];
      unitSums(symmetry, evidence, element, units).forEach((sum, place) => {
        const own = places === undefined ? 0 : sourceOf(element[places][0], place);
        const direction = directions[units][own];
        const size = frobeniusLength(sum);
        direction.forEach((x, i) => (direction[i] = MOMENTUM * x - (size > 0 ? (1 - MOMENTUM) * (sum[i] / size) : 0)));
        const matrix = matrices[units][own];
        const reach = length * Math.sqrt(extent);
        direction.forEach((x, i) => (matrix[i] += reach * x));
        maps[own] = bestMap(matrix, classes[units]);
      });
      next[units] = maps;
    }
    element = next;
    yield element;
  }
}

function matrixOf(map: UnitMap, n: number): Float64Array {
  if ("matrix" in map) return map.matrix.slice();
  const matrix = new Float64Array(n * n);
  map.order.forEach((from, i) => (matrix[i * n + from] = 1));
  return matrix;
}
