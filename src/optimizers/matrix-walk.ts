import { axpy, norm2 } from "../linalg/vector.ts";
import { type Block, blockArithmetic, zeros } from "./matrix-arithmetic.ts";
import type { MatrixRule } from "./optimizer.ts";
import { gradientAt, type GradientQuery, type Outset, type Step, type Walk } from "./walk.ts";

/** A rule for tensors, on its way. Weights without shapes are one row. */
export function* matrixWalk(rule: MatrixRule, { start, shapes = [[1, start.length]] }: Outset): Walk {
  const weights = start.slice();
  const slope: GradientQuery = { kind: "gradient", at: weights, found: new Float64Array(start.length) };
  const done: Step = { kind: "step", weights };
  let end = 0;
  const tensors = shapes.map((shape) => {
    const state = rule.state(shape).map((each) => zeros(each.shape));
    const from = end;
    end += shape.reduce((product, extent) => product * extent, 1);
    return { shape, from, to: end, state };
  });
  let states: (readonly Block[])[] = tensors.map(({ state }) => state);
  for (let step = 0; ; step++) {
    yield slope;
    const gradient = rule.uphill === undefined ? slope.found : yield* uphill(weights, slope.found, rule.uphill);
    const numbers = Object.fromEntries(
      Object.entries(rule.numbers(step)).map(([name, number]) => [name, { shape: [], data: Float64Array.of(number) }]),
    );
    states = tensors.map(({ shape, from, to }, i) => {
      const { weight, state } = rule.update<Block>(
        blockArithmetic,
        {
          weight: { shape, data: weights.slice(from, to) },
          gradient: { shape, data: gradient.slice(from, to) },
          state: states[i],
          numbers,
        },
        shape,
      );
      weights.set(weight.data, from);
      return state;
    });
    const { between } = rule;
    if (between?.isDue(step) === true && gradient.every(Number.isFinite))
      states = states.map((state, i) => between.renewed(state, tensors[i].shape));
    yield done;
  }
}

/** The gradient at a distance uphill. */
function* uphill(weights: Float64Array, slope: Float64Array, distance: number) {
  const length = norm2(slope);
  const there = weights.slice();
  if (length > 0) axpy(distance / length, slope, there);
  return yield* gradientAt(there);
}
