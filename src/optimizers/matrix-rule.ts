import type { Shape } from "../util/tensor.ts";
import { type Block, blockArithmetic, type MatrixArithmetic, zeros } from "./matrix-arithmetic.ts";
import type { Coordinate, Updated } from "./optimizer.ts";
import type { GradientQuery, Outset, Step, Walk } from "./walk.ts";

/** What is kept of a tensor between steps. */
export interface StateTensor {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * An update of whole tensors: beside a {@link CoordinateRule}, which sees single coordinates, it may multiply matrices. It is
 * written once, over a {@link MatrixArithmetic}: blocks of numbers walk, values of a graph train a network.
 */
export interface MatrixRule<Numbers extends string = string> {
  /** What is kept of a tensor of that shape; zero before the first step. */
  state(shape: Shape): readonly StateTensor[];
  /** As {@link CoordinateRule.numbers}. */
  numbers(step: number, stepSize?: number): Readonly<Record<Numbers, number>>;
  update<T>(arithmetic: MatrixArithmetic<T>, tensor: Coordinate<T, Numbers>, shape: Shape): Updated<T>;
}

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
