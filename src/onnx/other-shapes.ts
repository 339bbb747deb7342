import type { Value } from "../graph/value.ts";
import type { BindOptions, BoundInputs } from "./bind-inputs.ts";
import type { DeclaredValue } from "./onnx-node.ts";

/**
 * A sentence for each output whose shape is another than the file declares, where that is no matter of the batch (an
 * exporter often declares the one that it traced) or of an axis that the file leaves open.
 */
export function otherShapes(
  declared: ReadonlyMap<string, DeclaredValue>,
  outputs: ReadonlyMap<string, Value>,
  inputs: readonly DeclaredValue[],
  { shapes }: BoundInputs,
  { batch, examplesAxes }: BindOptions,
): string[] {
  const isAsDeclared = inputs.every(({ name, shape }) => {
    const bound = shapes.get(name);
    const examples = examplesAxes?.get(name) ?? 0;
    return shape.every((extent, axis) => extent === bound?.[axis] || (axis === examples && typeof extent !== "number"));
  });
  return [...outputs].flatMap(([name, { shape }]) => {
    const said = declared.get(name)?.shape ?? [];
    const differs = (extent: number | string | undefined, axis: number) =>
      typeof extent === "number" && extent !== shape[axis] && shape[axis] % batch > 0;
    const isOther = said.length === shape.length ? isAsDeclared && said.some(differs) : said.length > 0;
    if (!isOther) return [];
    const text = said.map((extent) => extent ?? "?").join(", ");
    return `The file declares its output ${name} as [${text}], but its nodes make it [${shape.join(", ")}]: the nodes are followed.`;
  });
}
