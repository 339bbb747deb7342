import { expect, it } from "vitest";
import { z } from "zod";
import { EXPERIMENTS } from "../experiments/registry.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { verbsOf } from "./experiment-verb.ts";

const asking = (parameters: z.ZodObject) =>
  defineExperiment({
    name: "tides",
    summary: "high water",
    document: "tides",
    result: z.null(),
    subject: "problem",
    arguments: [],
    examples: [],
    parameters,
    measure: () => Promise.resolve({ result: null, converged: true }),
  });

it("a parameter that all experiments of a kind have is none of one experiment", () => {
  expect(verbsOf([...EXPERIMENTS, asking(z.object({ moons: z.int().default(1) }))]).map(({ name }) => name)).toContain(
    "tides",
  );
  for (const taken of ["seed", "limit", "out", "test"])
    expect(() => verbsOf([asking(z.object({ [taken]: z.int().default(1) }))])).toThrow(
      `The experiment tides has a parameter "${taken}"`,
    );
});
