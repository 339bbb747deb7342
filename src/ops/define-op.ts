import type { Operation } from "../graph/operation.ts";

/** One primitive: how to make the operation from its attributes, and a line for the documentation. */
export interface OpDefinition<A> {
  readonly name: string;
  /** Half a sentence: what it computes. */
  readonly summary: string;
  make(attributes: A): Operation;
}

/** Declares a primitive, keeping the exact type of its attributes. */
export function defineOp<A>(definition: OpDefinition<A>): OpDefinition<A> {
  return definition;
}
