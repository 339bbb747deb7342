import { vectorize } from "../autodiff/vectorize.ts";
import { inputNameOf } from "../graph/leaf.ts";
import type { RecomputePlan } from "../graph/recompute.ts";
import type { Value } from "../graph/value.ts";
import { behind } from "../ops/behind.ts";
import type { Computation, Site } from "./computation.ts";
import { EXAMPLE_SCALE, SCALE } from "./loss-graph.ts";
import type { Network } from "./network.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import type { ProblemOptions } from "./problem-options.ts";
import { COTANGENT } from "./point-computations.ts";
import { vectorName } from "./vector-feeds.ts";

/** What computations are written on. */
export interface ProgramSite {
  readonly problem: ProblemOptions;
  readonly space: ParameterSpace;
  readonly network: (batch: number) => Network;
}

/** A computation on a batch. */
export interface ProgramValues {
  readonly values: readonly Value[];
  /** The inputs that carry its vectors: none, plain tensors, or more with a leading axis. */
  readonly varying: readonly Value[];
  /** How it is computed from less memory. */
  readonly inSegments: (segments: number) => RecomputePlan;
}

/** The values of a computation on a batch. */
export function programValues(
  { problem, space, network: networkOf }: ProgramSite,
  computation: Computation,
  batch: number,
  block: number,
): ProgramValues {
  const network = networkOf(batch);
  const site: Site = { ...network.graph, network, single: () => networkOf(1) };
  const inSegments = (segments: number): RecomputePlan => ({
    segments,
    seeds: new Set([SCALE, EXAMPLE_SCALE, COTANGENT]),
    data: new Set([...network.imported.inputs.values()].flatMap((input) => inputNameOf(input) ?? [])),
    tangents: new Set(space.tensors.map((_, i) => vectorName(i))),
    behind,
  });
  if (block === 0) return { values: computation.build(site, []), varying: [], inSegments };

  const home = site.total.graph;
  const inputs = (prefix: string, lead: readonly number[]) =>
    space.tensors.map(({ shape }, i) => home.input(prefix + vectorName(i), problem.precision, [...lead, ...shape]));
  const tangents = inputs(block === 1 ? "" : "single:", []);
  const values = computation.build(site, tangents);
  if (block === 1) return { values, varying: tangents, inSegments };
  const varying = inputs("", [block]);
  const blocks = new Map(tangents.map((tangent, i) => [tangent, varying[i]]));
  return { values: vectorize([...values], blocks, block), varying, inSegments };
}
