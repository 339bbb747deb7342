import { z } from "zod";
import type { Freedom } from "../../graph/unit-freedom.ts";
import type { Options } from "../../runs/subject.ts";
import { chosen } from "../../util/chosen.ts";
import { linear } from "../paths/linear.ts";
import type { PathKind } from "../paths/path.ts";
import { PATHS } from "../paths/registry.ts";

export const connectOptions = z.object({
  other: z.string().describe("the other network"),
  align: z.boolean().default(false).meta({
    description: "bring the units of the other network into the order and the axes of the first",
    group: "Way",
  }),
  path: z
    .enum(PATHS.map(({ name }) => name))
    .default(linear.name)
    .meta({ description: "the way that is followed", group: "Way" }),
  points: z.int().min(3).default(61).meta({ description: "points on each way", group: "Way", placeholder: "N" }),
  steps: z
    .int()
    .min(1)
    .default(400)
    .meta({ description: "steps in which a way is found that is not straight", group: "Way", placeholder: "N" }),
  bends: z
    .int()
    .min(1)
    .default(3)
    .meta({ description: "points of a chain or a band that move", group: "Way", placeholder: "N" }),
  starts: z
    .int()
    .min(1)
    .default(3)
    .meta({ description: "starts of the matching of weights", group: "Way", placeholder: "N" }),
  matchSteps: z.int().min(0).default(100).meta({
    description: "gradient steps of the matching by the loss between the two",
    group: "Way",
    placeholder: "N",
  }),
});

export type ConnectOptions = z.output<typeof connectOptions>;

/** The kind of way that is asked for. */
export function kindOf({ path }: ConnectOptions): PathKind {
  return chosen("path", path, PATHS);
}

/** Groups of maps that alignment tries. */
export const TRIED_FREEDOMS = ["permutation", "general"] as const satisfies readonly Freedom[];

export type TriedFreedom = (typeof TRIED_FREEDOMS)[number];

/** Those that are tried, one after the other: λ/2·‖θ‖² is kept by exchanges, and not by scales and shears. */
export function freedomsOf({ align }: ConnectOptions, l2: number): TriedFreedom[] {
  if (!align) return [];
  return l2 > 0 ? ["permutation"] : ["permutation", "general"];
}

/** How the time of a run is shared out among what is asked for. */
const PARTS = { alignment: 3, way: 3, points: 3, peaks: 1, top: 1 };

/** The share of the time that a part has; that of what is not asked for goes to the others. */
export function shareOf(part: keyof typeof PARTS): (options: Options) => number {
  return (given) => {
    const options = connectOptions.parse(given);
    const { alignment, way, ...always } = PARTS;
    const asked = {
      ...always,
      alignment: options.align ? alignment : 0,
      way: kindOf(options).isSearched ? way : 0,
    };
    return asked[part] / Object.values(asked).reduce((sum, each) => sum + each, 0);
  };
}
