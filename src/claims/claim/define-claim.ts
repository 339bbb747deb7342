import { z } from "zod";
import type { RandomStream } from "../../random/random-stream.ts";
import type { Json } from "../../runs/recipe.ts";
import type { ProblemSubject } from "../../runs/subject.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { readOptions } from "../../util/options.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { Topic } from "../topics.ts";
import type { Evidence } from "./evidence.ts";
import type { Says } from "./judge.ts";
import { type Picture, picture, type PictureInput } from "./picture.ts";

/** What is drawn at random and how long it may take. */
export interface ClaimDesk {
  /** Split by the claim and the part, so that no part shares it with another. */
  readonly random: RandomStream;
  readonly context: RunContext;
}

/** The same with an engine, for networks that a claim brings itself (`open-net.ts`). */
export interface DeskWithEngine extends ClaimDesk {
  readonly runtime: Runtime;
}

/** What a measurement comes to. */
export interface Conclusion {
  /** The leading number first. */
  readonly evidence: readonly Evidence[];
  readonly picture: PictureInput | null;
}

/** What was found on a network that is not the claim's own, as it is kept. */
export interface Concluded {
  readonly evidence: readonly Evidence[];
  readonly picture: Picture | null;
}

/** Two laws, and which of them a statement amounts to. */
export type Question = Pick<Statement, "says" | "law" | "rival">;

/** A statement that people make, in words. */
export interface Statement {
  /** "B6": the letter of its topic and a number. */
  readonly id: string;
  readonly topic: Topic;
  /** As people put it, in a sentence. */
  readonly statement: string;
  /** Which of the two laws it amounts to. */
  readonly says: Says;
  /** The formula that holds, in the notation of the field. */
  readonly law: string;
  /** What else could be, or is said: what the evidence must tell the law from. */
  readonly rival: string;
  /** Under which the statement holds; absent where it needs none. */
  readonly condition?: string;
  /** Author year, theorem. */
  readonly source: string;
  /** Why people say it, in a sentence or two. */
  readonly why: string;
  /** What it means for whoever trains a network. */
  readonly means: string;
  /** When it breaks. */
  readonly breaks: string;
  /** What to read. */
  readonly reading: readonly string[];
  /** Why it cannot be put to a network that is given, where it is about networks all the same, as what follows "it". */
  readonly notOnNetworks?: string;
}

interface ClaimDefinition<Parameters extends z.ZodObject, Found extends z.ZodType<unknown, Json>> extends Statement {
  /** Sizes, each with the default that takes less than a minute; those made by {@link scaled} follow --scale. */
  readonly parameters: Parameters;
  /** How many pieces that stand alone it is measured in; one when absent. */
  parts?(options: z.output<Parameters>): number;
  /** What a part finds, as it is kept. */
  readonly found: Found;
  measure(
    options: z.output<Parameters>,
    part: number,
    desk: DeskWithEngine,
  ): z.output<Found> | Promise<z.output<Found>>;
  conclude(found: readonly z.output<Found>[], options: z.output<Parameters>): Conclusion;
  /** The same on a reader's own network, where it is about networks. */
  readonly network?: {
    /** What is measured there, in half a sentence. */
    readonly measures: string;
    /** The question there, where it is not that of the claim's own measurement, such as whether its condition is met. */
    readonly asks?: Question;
    measure(subject: ProblemSubject, desk: ClaimDesk): Promise<Conclusion>;
  };
}

/** A statement with what measures it. Numbers and JSON alone go in and out. */
export interface Claim extends Statement {
  readonly name: string;
  readonly parameters: z.ZodObject;
  /**
   * All numbers at a scale, those that are given taken as they are.
   *
   * @throws usage errors `unknown-option`, `missing-option`, `bad-option`
   */
  optionsAt(scale: number, given: Readonly<Record<string, unknown>>): Record<string, unknown>;
  partsOf(options: unknown): number;
  measurePart(options: unknown, part: number, desk: DeskWithEngine): Promise<Json>;
  conclude(found: readonly Json[], options: unknown): Concluded;
  readonly network?: {
    readonly measures: string;
    readonly asks?: Question;
    measure(subject: ProblemSubject, desk: ClaimDesk): Promise<Concluded>;
  };
}

/**
 * A whole number that grows with the scale: `usual` at scale 1, never below `least`, the smallest with which the claim can
 * still fail.
 */
export function scaled(usual: number, least: number, description: string) {
  return z.int().min(1).default(usual).meta({ description, usual, least });
}

const scales = z.object({ usual: z.number(), least: z.number() });

/**
 * Declares a claim.
 *
 * @example
 * export const negativeHalf = defineClaim({
 *   id: "B5",
 *   topic: "random-matrices",
 *   statement: "Half of the eigenvalues of a random symmetric matrix are negative.",
 *   says: "law",
 *   …,
 *   parameters: z.object({ draws: scaled(300, 60, "matrices") }),
 *   found: z.array(z.number()),
 *   measure: ({ draws }, part, { random }) => Array.from({ length: draws }, () => indexOf(goe(200, random))),
 *   conclude: ([counts]) => ({ evidence: [weigh({ … })], picture: null }),
 * });
 */
export function defineClaim<Parameters extends z.ZodObject, Found extends z.ZodType<unknown, Json>>(
  definition: ClaimDefinition<Parameters, Found>,
): Claim {
  const { id, parameters, found: shape, parts, measure, conclude, network, ...statement } = definition;
  const kept = ({ evidence, picture: drawn }: Conclusion): Concluded => ({
    evidence,
    picture: drawn && picture.parse(drawn),
  });
  return {
    ...statement,
    id,
    name: id,
    parameters,
    optionsAt(scale, given) {
      const sizes = Object.entries(parameters.shape).flatMap(([key, schema]) => {
        const known = scales.safeParse(z.globalRegistry.get(schema));
        if (!known.success) return [];
        return [[key, Math.max(known.data.least, Math.round(known.data.usual * scale))]];
      });
      return readOptions(id, parameters, { ...Object.fromEntries(sizes), ...given });
    },
    partsOf: (options) => parts?.(parameters.parse(options)) ?? 1,
    async measurePart(options, part, desk) {
      return shape.encode(await measure(parameters.parse(options), part, desk));
    },
    conclude: (found, options) =>
      kept(
        conclude(
          found.map((each) => shape.parse(each)),
          parameters.parse(options),
        ),
      ),
    network: network && {
      measures: network.measures,
      asks: network.asks,
      measure: async (subject, desk) => kept(await network.measure(subject, desk)),
    },
  };
}
