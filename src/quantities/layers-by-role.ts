import { blockRoles } from "../onnx/block-roles.ts";
import type { ParameterTensor } from "../problem/parameter-space.ts";
import type { Problem } from "../problem/problem.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type Layer, layerNameOf, layersOf } from "./layers-of.ts";

/** The name of what is left over. */
export const NO_ROLE = "no role";

/** What makes tensors one layer. */
export type LayersBy = "name" | "role";

/**
 * The name of the layer that each tensor is in: what its own name says, or of a transformer what it is there for.
 *
 * @throws usage error `no-roles` for a network without attention
 */
export function layerNames(
  { model, space }: Pick<Problem, "model" | "space">,
  by: LayersBy,
): (tensor: ParameterTensor) => string {
  if (by === "name") return ({ label }) => layerNameOf(label);
  // Also of what is held constant: it stands before and behind what counts.
  const trained = [...model.parameters, ...space.tensors].map(({ name }) => name);
  const roles = blockRoles(model.graph, trained);
  if (space.tensors.some(({ name }) => roles.has(name))) return ({ name }) => roles.get(name) ?? NO_ROLE;
  throw new ThalwegError({
    kind: "usage",
    code: "no-roles",
    message: `No tensor of ${model.file} has a role that its graph tells: there is no attention in it, or none that is known.`,
    where: { file: model.file },
    hint: "Leave out --layers-by, which takes layers by the names of their tensors.",
  });
}

/** The layers of a network in the order of their tensors; what has no role comes last. */
export function layersBy(problem: Pick<Problem, "model" | "space">, by: LayersBy): Layer[] {
  const layers = layersOf(problem.space.tensors, layerNames(problem, by));
  return layers.toSorted((a, b) => Number(a.name === NO_ROLE) - Number(b.name === NO_ROLE));
}
