import { readSpecification } from "../util/specification.ts";
import { TOYS } from "./registry.ts";
import type { Toy, ToyFunction } from "./toy.ts";

/** A toy as it was asked for. */
export interface NamedToy {
  /** With its numbers: "rosenbrock:100". */
  readonly text: string;
  readonly toy: Toy;
  /** All its numbers, defaults included. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly function: ToyFunction;
}

/** Whether a text begins with the name of a toy. */
export function isToyName(text: string): boolean {
  return TOYS.some(({ name }) => text === name || text.startsWith(`${name}:`));
}

/**
 * The toy of a name.
 *
 * @throws usage errors `unknown-choice`, `bad-specification`, `unknown-option`, `bad-option`
 *
 * @example
 * namedToy("rosenbrock:100").function.dimension; // 100
 */
export function namedToy(text: string): NamedToy {
  const { chosen: toy, options } = readSpecification("toy", text, TOYS);
  return { text, toy, options: toy.parameters.safeParse(options).data ?? options, function: toy.with(options) };
}
