import { vectorize } from "../autodiff/vectorize.ts";
import type { Value } from "../graph/value.ts";
import type { Computation, Site } from "./computation.ts";
import type { Network } from "./network.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import type { ProblemOptions } from "./problem-options.ts";
import { vectorName } from "./vector-feeds.ts";

/** What computations are written on. */
export interface ProgramSite {
  readonly problem: ProblemOptions;
  readonly space: ParameterSpace;
  readonly network: (batch: number) => Network;
}

/** The values of a computation on a batch, and the inputs that carry its vectors: none, plain tensors, or more with a leading axis. */
export function programValues(
  { problem, space, network: networkOf }: ProgramSite,
  computation: Computation,
  batch: number,
  block: number,
): { readonly values: readonly Value[]; readonly varying: readonly Value[] } {
  const network = networkOf(batch);
  const site: Site = { ...network.graph, network, single: () => networkOf(1) };
  if (block === 0) return { values: computation.build(site, []), varying: [] };

  const home = site.total.graph;
  const inputs = (prefix: string, lead: readonly number[]) =>
    space.tensors.map(({ shape }, i) => home.input(prefix + vectorName(i), problem.precision, [...lead, ...shape]));
  const tangents = inputs(block === 1 ? "" : "single:", []);
  const values = computation.build(site, tangents);
  if (block === 1) return { values, varying: tangents };
  const varying = inputs("", [block]);
  const blocks = new Map(tangents.map((tangent, i) => [tangent, varying[i]]));
  return { values: vectorize([...values], blocks, block), varying };
}
