import type { ModelFile, Parameter, TensorRole } from "./decode-model.ts";

/**
 * The parameters of a run, in the order of the names: those of the model where none are named; a
 * constant or statistic of the file is one where it is named.
 */
export function chosenParameters(model: ModelFile, names: readonly string[] | undefined): Parameter[] {
  if (names === undefined) return [...model.parameters];
  const usual = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  const others = new Map([...model.statistics, ...model.constants].map((role) => [role.name, role]));
  return names.flatMap((name) => usual.get(name) ?? added(model, others.get(name)) ?? []);
}

function added(model: ModelFile, role: TensorRole | undefined): Parameter | undefined {
  const tensor = role && model.tensors.get(role.name)?.tensor;
  if (!tensor || !(tensor.data instanceof Float32Array || tensor.data instanceof Float64Array)) return undefined;
  const { name, label, node, reason } = role;
  const dtype = tensor.data instanceof Float32Array ? "float32" : "float64";
  return { name, label, node, shape: tensor.shape, dtype, data: tensor.data, reason, open: false };
}
