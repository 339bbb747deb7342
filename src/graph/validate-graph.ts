import { z } from "zod";
import { sizeOf } from "../util/tensor.ts";
import { nodeKey } from "./graph.ts";
import { inputNameOf, tensorOf } from "./leaf.ts";
import type { Operation, Value, ValueType } from "./value.ts";
import { typeText } from "./require-type.ts";
import { reachable } from "./traverse.ts";

/** A rule of the intermediate representation, by the name that a violation has. */
export type GraphRule =
  | "unknown-operation"
  | "attributes"
  | "foreign-value"
  | "order"
  | "shape"
  | "inference"
  | "type"
  | "constant"
  | "duplicate"
  | "input-type"
  | "undeclared-input"
  | "output";

/** A place where a graph breaks a rule, as a sentence that names the node. */
export interface Violation {
  readonly rule: GraphRule;
  readonly message: string;
}

export interface ValidationOptions {
  /** The schema of the attributes of an operation; undefined where no such operation exists. Inputs and constants are not asked for. */
  readonly attributesOf: (operation: Operation) => z.ZodType | undefined;
  /** The names that are fed; without it inputs may have any name. */
  readonly inputs?: ReadonlySet<string>;
}

const extents = z.array(z.int().nonnegative());

/**
 * What a graph is, as a program: every node is a known operation with attributes of its schema on earlier values of
 * the same graph; its element type and its static shape, of extents ≥ 0, are those that the operation itself infers; no
 * two nodes are equal; one input name has one type, and is fed; the outputs are there. All violations are returned, in
 * the order of the nodes.
 *
 * @example
 * validateGraph([graph.input("x", "float32", [2])], { attributesOf }); // []
 */
export function validateGraph(outputs: readonly Value[], options: ValidationOptions): Violation[] {
  const violations: Violation[] = [];
  const report = (rule: GraphRule, message: string) => violations.push({ rule, message });
  const home = outputs[0]?.graph;
  if (outputs.length === 0) report("output", "The graph has no outputs.");
  outputs.forEach((output, i) => {
    if (output?.graph !== home || home.values[output.id] !== output) {
      report("output", `Output ${i} is no value of the graph.`);
    }
  });
  const keys = new Map<string, Value>();
  const inputTypes = new Map<string, ValueType>();
  for (const value of reachable(outputs.filter((output) => output !== undefined))) {
    const { operation, inputs } = value;
    const node = `%${value.id} = ${operation.name}`;
    for (const input of inputs) {
      if (input.graph !== value.graph) report("foreign-value", `${node} reads a value of another graph.`);
      else if (input.id >= value.id) report("order", `${node} reads %${input.id}, which does not come before it.`);
    }
    if (value.graph.values[value.id] !== value) report("foreign-value", `${node} is not in the list of its graph.`);
    if (!extents.safeParse(value.shape).success)
      report("shape", `${node} has the shape [${value.shape.join(", ")}], which is not one of whole numbers ≥ 0.`);

    const name = inputNameOf(value);
    const constant = tensorOf(value);
    if (name !== undefined) {
      const known = inputTypes.get(name) ?? value;
      inputTypes.set(name, known);
      if (typeText(known) !== typeText(value))
        report("input-type", `Input ${name} is read as ${typeText(known)} and as ${typeText(value)}.`);
      if (options.inputs && !options.inputs.has(name)) report("undeclared-input", `Nothing is fed as input ${name}.`);
    } else if (constant) {
      if (constant.data.length !== sizeOf(value.shape))
        report("constant", `${node} of type ${typeText(value)} holds ${constant.data.length} elements.`);
    } else {
      const schema = options.attributesOf(operation);
      const parsed = schema?.safeParse(operation.attributes);
      if (!parsed) report("unknown-operation", `${node} is no known operation.`);
      else if (!parsed.success) report("attributes", `${node}: ${z.prettifyError(parsed.error)}`);
    }
    const inferred = inferredType(value);
    if (inferred instanceof Error) report("inference", `${node} refuses its inputs: ${inferred.message}`);
    else if (typeText(inferred) !== typeText(value))
      report("type", `${node} is said to be ${typeText(value)}, and makes ${typeText(inferred)}.`);

    const key = nodeKey(operation, inputs);
    const twin = keys.get(key);
    if (twin) report("duplicate", `${node} is equal to %${twin.id}.`);
    else keys.set(key, value);
  }
  return violations;
}

function inferredType(value: Value): ValueType | Error {
  try {
    return value.operation.infer(value.inputs);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}
