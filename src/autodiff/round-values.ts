import { inspected } from "../graph/inspected.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { mul } from "../ops/arithmetic.ts";
import { createRandom } from "../random/random-stream.ts";
import { allocate, isFloat, sizeOf, tensor, type Shape } from "../util/tensor.ts";

/** Elements whose signs are drawn apart. */
const MOST_SIGNS = 2 ** 13;

/** The last axes that have so few elements together, but the last one at least: signs that are the same along an axis cancel where it is summed over with both signs. */
function lastAxes(shape: Shape): Shape {
  let from = shape.length - 1;
  while (from > 0 && sizeOf(shape.slice(from - 1)) <= MOST_SIGNS) from--;
  return shape.slice(Math.max(0, from));
}

/** Twice the unit roundoff: the least that a number near 1 can be moved by. */
const GRAIN = { float64: 2 ** -52, float32: 2 ** -23 } as const;

/**
 * The same values with every number on the way from `sources` moved by a grain: each value times 1 ± ε, the signs at
 * random along its last axes, as many as have few elements. How far the results move is of the size of what rounding does to them, cancellations inside
 * of the graph included (1 − p, p near 1), which moving what it is fed with does not show.
 *
 * What is decided from a number (a comparison, a rounding to integers) stays decided as it is: a number that lies on a kink
 * would fall to the other side, which is no rounding.
 *
 * @param more whether the sources are moved themselves
 *
 * @example
 * const [moved] = roundValues([sub(1, sigmoid(x))], [x]); // about 1 − σ(x) ± 2.2e-16
 */
export function roundValues(
  outputs: readonly Value[],
  sources: readonly Value[],
  { movesSources = false }: { readonly movesSources?: boolean } = {},
): Value[] {
  const random = createRandom(0).split("grains");
  const moved = new Map<Value, Value>();
  if (movesSources) for (const source of sources) moved.set(source, mul(source, grains(source)));
  const active = new Set<Value>(sources);
  for (const value of reachable(outputs)) {
    const { operation, inputs, graph, dtype } = value;
    if (!isFloat(dtype) || !inputs.some((input) => active.has(input))) continue;
    // Without a derivative it is decided, not computed.
    const tangents = inputs.map((input) => (isFloat(input.dtype) ? input : undefined));
    if (operation.jvp?.(value, tangents) === undefined) continue;
    active.add(value);
    const there = graph.apply(
      operation,
      inputs.map((input) => moved.get(input) ?? input),
    );
    const isExact = operation.view ?? operation.rearranges ?? operation.broadcasts ?? operation.selects ?? false;
    moved.set(value, isExact ? there : mul(there, grains(value)));
  }
  return inspected(
    "round",
    outputs.map((output) => moved.get(output) ?? output),
  );

  function grains({ graph, dtype, shape }: Value): Value {
    if (!isFloat(dtype)) throw new RangeError("only floats are rounded");
    const dims = lastAxes(shape);
    const data = allocate(dtype, sizeOf(dims));
    random.rademacherVector(data.length).forEach((sign, i) => (data[i] = 1 + sign * GRAIN[dtype]));
    return graph.constant(tensor(dtype, dims, data));
  }
}
