import { type Block, blockArithmetic, zeros } from "./matrix-arithmetic.ts";
import type { MatrixRule } from "./optimizer.ts";
import type { GradientQuery, Outset, Step, Walk } from "./walk.ts";

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
    const numbers = Object.fromEntries(
      Object.entries(rule.numbers(step)).map(([name, number]) => [name, { shape: [], data: Float64Array.of(number) }]),
    );
    states = tensors.map(({ shape, from, to }, i) => {
      const { weight, state } = rule.update<Block>(
        blockArithmetic,
        {
          weight: { shape, data: weights.slice(from, to) },
          gradient: { shape, data: slope.found.slice(from, to) },
          state: states[i],
          numbers,
        },
        shape,
      );
      weights.set(weight.data, from);
      return state;
    });
    yield done;
  }
}
