import { emptyGraphFor, inspected } from "../graph/inspected.ts";
import { inputNameOf } from "../graph/leaf.ts";
import { rebuild } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { concat, pad, sliceAxis } from "../ops/movement.ts";
import { reshape } from "../ops/structure.ts";
import { graphArithmetic } from "../optimizers/graph-arithmetic.ts";
import type { CoordinateRule, MatrixRule } from "../optimizers/optimizer.ts";
import { fedName } from "../problem/file-names.ts";
import type { FloatType } from "../util/tensor.ts";
import { sizeOf } from "../util/tensor.ts";
import { type Pack, packStateName, stateName } from "./parameter-packs.ts";
import type { StepGraph } from "./training-step.ts";

/** The name that a number of {@link MatrixRule.numbers} is fed under. */
export function numberName(number: string): string {
  return `thalweg:number:${number}`;
}

/** θ ← update(θ, ∇L) tensor by tensor, in the graph of the step: weights and state behind it, by the names that they are fed under. */
export function tensorUpdates({ weights, gradients, loss }: StepGraph, rule: MatrixRule): Map<string, Value> {
  const { graph, dtype } = loss;
  const arithmetic = graphArithmetic(graph, dtype);
  const numbers = numbersOf(rule, loss);
  const after = new Map<string, Value>();
  for (const [name, weight] of weights) {
    const gradient = gradients.get(name);
    if (gradient === undefined) continue;
    const names = rule.state(weight.shape).map((each) => stateName(each.name, name));
    const state = rule.state(weight.shape).map(({ shape }, k) => graph.input(names[k], dtype, shape));
    const updated = rule.update(arithmetic, { weight, gradient, state, numbers }, weight.shape);
    after.set(fedName(name), updated.weight);
    updated.state.forEach((value, k) => after.set(names[k], value));
  }
  return after;
}

function numbersOf(rule: Pick<MatrixRule, "numbers">, { graph, dtype }: Value): Record<string, Value> {
  return Object.fromEntries(
    Object.keys(rule.numbers(0)).map((name) => [name, graph.input(numberName(name), dtype, [])]),
  );
}

/** The gradient of a pack, in its shape. */
export function packedGradient({ members, shape }: Pack, gradients: ReadonlyMap<string, Value>): Value {
  const flat = members.map(({ name, shape: own }) => {
    const gradient = gradients.get(name);
    if (gradient === undefined) throw new RangeError(`no gradient of ${name}`);
    return reshape(gradient, [sizeOf(own)]);
  });
  const joined = flat.length === 1 ? flat[0] : concat(flat, 0);
  return reshape(pad(joined, [0], [sizeOf(shape) - joined.shape[0]]), shape);
}

/** The same values of graphs that are fed packs instead of the tensors in them. */
export function fedPacks(values: readonly Value[], packs: readonly Pack[], precision: FloatType): Value[] {
  const graph = emptyGraphFor(values);
  const parts = new Map(
    packs.flatMap(({ name, members, shape }) => {
      const whole = reshape(graph.input(name, precision, shape), [sizeOf(shape)]);
      return members.map((member) => {
        const part = sliceAxis(whole, 0, member.offset, member.offset + sizeOf(member.shape));
        return [fedName(member.name), reshape(part, member.shape)] as const;
      });
    }),
  );
  return inspected(
    "pack",
    rebuild(values, graph, (value) => parts.get(inputNameOf(value) ?? "")),
  );
}

/** The input that is the gradient of a piece. */
export const PIECE_GRADIENT = "thalweg:gradient";

/**
 * θ ← update(θ, ∇L) of a piece of a pack, [length], or of the whole, [1, length], where that is one: weights and state behind it, by the
 * names of the pack, which are also those of their inputs.
 *
 * @param like of the graph that the values are made in
 */
export function pieceUpdate(
  { name, shape: [pieces, length] }: Pack,
  rule: CoordinateRule,
  like: Value,
): Map<string, Value> {
  const graph = emptyGraphFor([like]);
  const { dtype } = like;
  const shape = pieces === 1 ? [1, length] : [length];
  const names = rule.state.map((state) => packStateName(name, state));
  const updated = rule.update(graphArithmetic(graph, dtype), {
    weight: graph.input(name, dtype, shape),
    gradient: graph.input(PIECE_GRADIENT, dtype, shape),
    state: names.map((each) => graph.input(each, dtype, shape)),
    numbers: numbersOf(rule, graph.scalar(0, dtype)),
  });
  return new Map([[name, updated.weight], ...updated.state.map((value, k) => [names[k], value] as const)]);
}
