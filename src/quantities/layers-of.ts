import type { ParameterTensor } from "../problem/parameter-space.ts";

export interface Layer {
  readonly name: string;
  readonly tensors: readonly ParameterTensor[];
}

/** What a tensor's label says of the layer that it is in. */
export function layerNameOf(label: string): string {
  return label.replace(/[./:][^./:]*$/, "");
}

/**
 * Tensors that share a name of their layer: everything before the last dot, slash or colon of their own where nothing else
 * names it, "conv1.weight" and "conv1.bias".
 */
export function layersOf(
  tensors: readonly ParameterTensor[],
  nameOf = ({ label }: ParameterTensor) => layerNameOf(label),
): Layer[] {
  const layers = new Map<string, ParameterTensor[]>();
  for (const tensor of tensors) {
    const name = nameOf(tensor);
    layers.set(name, [...(layers.get(name) ?? []), tensor]);
  }
  return [...layers].map(([name, members]) => ({ name, tensors: members }));
}

/** How many parameters these tensors have. */
export function sizeOfLayer(tensors: Layer["tensors"]): number {
  return tensors.reduce((sum, { size }) => sum + size, 0);
}

/** The coordinates of some tensors, ascending. */
export function rowsOf(tensors: Layer["tensors"]): Uint32Array {
  return Uint32Array.from(
    tensors.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i)),
  ).sort();
}
