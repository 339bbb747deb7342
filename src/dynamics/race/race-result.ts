import { z } from "zod";
import { about, aside, counted } from "../../result/known.ts";
import { count, real } from "../../result/real.ts";
import { ENDS } from "./run-race.ts";

const end = z.enum(ENDS.map(({ name }) => name));

/** A walk of a race. */
export const raceRun = z.object({
  start: count.describe("Which start: optimisers share them."),
  end,
  steps: count,
  value: real.describe("Of the function, at the end."),
  gradientNorm: real,
  values: count.describe("Values that the optimiser asked for."),
  gradients: count,
  products: count.describe("Hessian–vector products."),
  heldOut: real
    .nullable()
    .default(null)
    .describe("Loss of the held-out examples at the end; null where there are none."),
  emptyBatches: count.default(0).describe("Steps whose batch had no label that counts: its gradient is 0."),
});

export const racePath = z.object({
  start: count,
  steps: z.array(count),
  work: z.array(real).describe("What was asked until then, in gradients: a product is two, a value a third."),
  values: z.array(real).describe("The value after each of these steps."),
  places: z.array(z.array(real)).nullable().describe("The weights there, of a function of two; null of others."),
});

/** Some walks of one optimiser. */
export const walks = z.object({ optimizer: z.string(), from: z.int(), to: z.int() });

export const walked = z.object({ runs: z.array(raceRun), paths: z.array(racePath) });

export type Walks = z.output<typeof walks>;
export type Walked = z.output<typeof walked>;
export type RaceRunRow = z.output<typeof raceRun>;

const runner = about(
  z.object({
    optimizer: z.string().describe("As it was asked for."),
    title: z.string(),
    options: z.record(z.string(), z.unknown()).describe("All its numbers, defaults included."),
    reached: aside(count).nullable().describe("Walks that reached the goal; null where there is none."),
    steps: aside(z.object({ median: real, least: count, most: count }))
      .nullable()
      .describe("Of the walks that reached the goal; null where none did."),
    loss: aside(z.object({ median: real, least: real, most: real }))
      .nullable()
      .describe("Of a network, at the ends of all walks, those that diverged apart; null on a toy, or where all did."),
    heldOut: aside(z.object({ median: real, least: real, most: real }))
      .nullable()
      .default(null)
      .describe("The same of the held-out examples; null where there are none, too."),
    ends: aside(z.array(z.object({ end, count }))).describe("How all walks ended."),
    runs: aside(z.array(raceRun)),
    paths: aside(z.array(racePath)).describe("Of the first starts."),
  }),
  { key: "optimizer", members: ({ reached }) => (reached === null ? {} : { reached: counted(reached) }) },
);

export const raceResult = z.object({
  function: z.object({
    name: z.string().describe("As it was asked for."),
    toy: z.string().nullable().describe("The toy that it is; null of a network."),
    summary: z.string(),
    dimension: aside(count),
    options: aside(z.record(z.string(), z.unknown())),
  }),
  goal: z
    .object({ kind: z.enum(["settle", "leave"]), says: z.string() })
    .nullable()
    .describe("Null on a network without --target."),
  batch: aside(count).nullable().describe("Examples that the answers of a step are of; null on a toy."),
  examples: aside(count).nullable(),
  starts: aside(count),
  mostSteps: aside(count),
  tolerance: aside(real),
  noise: aside(real).describe("Deviation of the noise on each coordinate of the gradient."),
  ground: aside(z.object({ x: z.array(real), y: z.array(real), values: z.array(z.array(real)) }))
    .nullable()
    .describe("The function around the paths, rows follow y; null where it is not one of two coordinates."),
  optimizers: z.array(runner),
});

export type RaceResult = z.output<typeof raceResult>;
export type RaceRunner = RaceResult["optimizers"][number];
export type RacePath = z.output<typeof racePath>;
