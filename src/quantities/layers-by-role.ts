import { blockRoles } from "../onnx/block-roles.ts";
import type { ParameterTensor } from "../problem/parameter-space.ts";
import type { Problem } from "../problem/problem.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type Layer, layerNameOf, layersOf } from "./layers-of.ts";

/** The name of what is left over. */
export const NO_ROLE = "no role";

/** What makes tensors one layer. */
export type LayersBy = "name" | "role";

/** Of each tensor that is trained and has one: also of what is held constant it is known what stands before and behind. */
function rolesOf({ model, space }: Pick<Problem, "model" | "space">): Map<string, string> {
  const names = space.tensors.map(({ name }) => name);
  const roles = blockRoles(model.graph, [...model.parameters.map(({ name }) => name), ...names]);
  return new Map(
    names.flatMap((name) => {
      const role = roles.get(name);
      return role === undefined ? [] : [[name, role] as const];
    }),
  );
}

const WITHOUT_ROLES = "No tensor has a role that the graph tells: there is no attention in it, or none that is known";

/** Why layers cannot be taken so; undefined where they can. */
export function withoutLayers(problem: Pick<Problem, "model" | "space">, by: LayersBy): string | undefined {
  return by === "role" && rolesOf(problem).size === 0
    ? `${WITHOUT_ROLES}; without --layers-by layers are taken by the names of their tensors.`
    : undefined;
}

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
  const roles = rolesOf({ model, space });
  if (roles.size > 0) return ({ name }) => roles.get(name) ?? NO_ROLE;
  throw new ThalwegError({
    kind: "usage",
    code: "no-roles",
    message: `${WITHOUT_ROLES}.`,
    where: { file: model.file },
    hint: "Leave out --layers-by, which takes layers by the names of their tensors.",
  });
}

/** The layers of a network in the order of their tensors; what has no role comes last. */
export function layersBy(problem: Pick<Problem, "model" | "space">, by: LayersBy): Layer[] {
  const layers = layersOf(problem.space.tensors, layerNames(problem, by));
  return layers.toSorted((a, b) => Number(a.name === NO_ROLE) - Number(b.name === NO_ROLE));
}
