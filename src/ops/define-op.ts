import type { z } from "zod";
import type { Operation, Primitive } from "../graph/value.ts";

/** What is known of an operation by its name, whatever its attributes. */
export interface OpSummary {
  readonly name: string;
  /** Half a sentence: what it computes. */
  readonly summary: string;
  /** What its attributes may be, and that there are no others. */
  readonly attributes: z.ZodType;
}

/** One operation of the graph: how to make it from its attributes, and a line for the documentation. */
export interface OpDefinition<A, O extends Operation = Operation> extends OpSummary {
  readonly attributes: z.ZodType<A>;
  make(attributes: A): O;
}

/** Declares a primitive; the exact type of its attributes is that of their schema. */
export function defineOp<A>(definition: OpDefinition<A, Primitive>): OpDefinition<A, Primitive> {
  return definition;
}

/** Declares what lowerings write for a kernel of the runtime, after all derivatives and questions of symmetry. */
export function defineKernel<A>(definition: OpDefinition<A>): OpDefinition<A> {
  return definition;
}
