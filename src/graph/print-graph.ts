import { reachable } from "./traverse.ts";
import type { Value } from "./value.ts";

/**
 * The graph as text, one value a line, for tests and for `--debug`:
 * `%3 = MatMul(%1, %2) {transposeA: true} : float32[10, 5]`.
 */
export function printGraph(outputs: readonly Value[]): string {
  const values = reachable(outputs);
  const number = new Map(values.map((value, index) => [value, index]));
  const reference = (value: Value) => `%${number.get(value)}`;
  const lines = values.map((value) => {
    const attributes = Object.entries(value.operation.attributes)
      .filter(([key]) => key !== "dtype" && key !== "shape")
      .map(([key, attribute]) => `${key}: ${JSON.stringify(attribute).slice(0, 60)}`)
      .join(", ");
    const type = `${value.dtype}[${value.shape.join(", ")}]`;
    return `${reference(value)} = ${value.operation.name}(${value.inputs.map(reference).join(", ")})${attributes ? ` {${attributes}}` : ""} : ${type}`;
  });
  return [...lines, `return ${outputs.map(reference).join(", ")}`].join("\n");
}
