import { frobeniusLength, timesTransposed, transposed } from "../linalg/dense.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Pair } from "./align.ts";
import { GROUP_MAPS } from "./group-maps.ts";
import { sourceOf, unitSums } from "./matching.ts";
import { applyElement, type GroupElement, type UnitMap } from "./unit-map.ts";
import { evidenceOf } from "./unit-sums.ts";

/** Share of a map's size that the first step takes; the last takes none. */
const FIRST_STEP = 0.1;

/** How much of the direction stays from one step to the next. */
const MOMENTUM = 0.9;

/** Where on the line the gradient is taken: of one place alone, the loss would be lowered there and rise beside it. */
const FROM = 0.2;
const TO = 0.8;

/**
 * Maps that lower the loss between two networks (Ainsworth et al. 2023, §3.3; Theus et al. 2025): each step goes down the
 * gradient, with respect to the maps, of the loss at a place of the line that is drawn anew. Rotations go along their group:
 * of the gradient S at M what is tangent, (S − M Sᵀ M) / 2, and back by the polar factor (Absil et al. 2008, §4.1). For
 * exchanges a matrix goes down, and the map is the one nearest to it. Places stay where they are. Gives the element after
 * every step; the loss of each is the caller's to ask.
 *
 * @param gradient of the loss at a θ in balanced form
 * @param random draws the places on the line
 */
export async function* matchByLoss(
  { symmetry: { symmetry }, mine, theirs }: Pair,
  start: GroupElement,
  steps: number,
  gradient: (between: Float64Array) => Promise<Float64Array>,
  random: RandomStream,
): AsyncGenerator<GroupElement, void> {
  const { classes } = symmetry;
  const moving = [...classes.keys()].filter((units) => classes.every(({ places }) => places !== units));
  const matrices = start.map((maps, units) => maps.map((map) => matrixOf(map, classes[units].extent)));
  const directions = matrices.map((each) => each.map((matrix) => new Float64Array(matrix.length)));
  let element = start;
  for (let step = 0; step < steps; step++) {
    const there = applyElement(symmetry, element, theirs.theta);
    const t = FROM + (TO - FROM) * random.uniform();
    const slope = await gradient(mine.theta.map((x, i) => (1 - t) * x + t * there[i]));
    const evidence = evidenceOf(symmetry, slope, theirs.theta);
    const length = FIRST_STEP * (1 - step / steps);
    const next = [...element];
    for (const units of moving) {
      const { extent, freedom, places } = classes[units];
      const { best, turning } = GROUP_MAPS[freedom].matched;
      const maps = [...element[units]];
      unitSums(symmetry, evidence, element, units).forEach((sum, place) => {
        const own = places === undefined ? 0 : sourceOf(element[places][0], place);
        const matrix = matrices[units][own];
        const down = turning ? tangent(turning(sum, extent), matrix, extent) : sum;
        const direction = directions[units][own];
        const size = frobeniusLength(down);
        direction.forEach((x, i) => (direction[i] = MOMENTUM * x - (size > 0 ? (1 - MOMENTUM) * (down[i] / size) : 0)));
        const reach = length * Math.sqrt(extent);
        direction.forEach((x, i) => (matrix[i] += reach * x));
        const map = best(matrix, extent);
        maps[own] = map;
        if (turning) matrices[units][own] = matrixOf(map, extent);
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

/** The part of S along which rotations near M go: (S − M Sᵀ M) / 2. */
function tangent(slope: Float64Array, matrix: Float64Array, n: number): Float64Array {
  const crossed = timesTransposed(timesTransposed(matrix, slope, n), transposed(matrix, n), n);
  return slope.map((x, i) => (x - crossed[i]) / 2);
}
