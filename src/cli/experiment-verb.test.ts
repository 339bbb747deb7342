import { expect, it } from "vitest";
import { z } from "zod";
import { EXPERIMENTS } from "../experiments/registry.ts";
import { PROFILE_WORDS, profileParameters } from "../instruments/profile.ts";
import { INSTRUMENTS } from "../instruments/registry.ts";
import { createRandom } from "../random/random-stream.ts";
import { NamedArrays } from "../result/named-arrays.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { verbsOf } from "./experiment-verb.ts";
import { flagsOf, readFlags } from "./flag.ts";
import { runtime } from "../../test/support/run-values.ts";

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

it("a word that means something else to an instrument and to an experiment is said with whose it is", async () => {
  const own = z.object({ densitySteps: z.int().default(3).describe("of the tide"), moons: z.int().default(1) });
  const ofSpectrum = z.object({ densitySteps: profileParameters.shape["densitySteps"] });
  const measured: unknown[] = [];
  const tides = defineExperiment({
    name: "tides",
    summary: "high water",
    document: "tides",
    result: z.null(),
    subject: "none",
    arguments: [],
    examples: [],
    parameters: own,
    uses: INSTRUMENTS,
    measure: (_subject, options, desk) => {
      measured.push(options, PROFILE_WORDS.read(ofSpectrum, desk.options));
      return Promise.resolve({ result: null, converged: true });
    },
  });
  const [{ parameters }] = verbsOf([tides]);
  const shown = flagsOf(parameters).filter(({ ambiguous }) => ambiguous === undefined);
  const names = shown.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["--tides-density-steps", "--spectrum-density-steps", "--moons", "--top"]),
  );
  expect(names).not.toContain("--density-steps");
  // Typed, from a file, or as an earlier version recorded it.
  expect(() => readFlags(parameters, { densitySteps: "4" })).toThrow(
    "--density-steps means several things here: --tides-density-steps, --spectrum-density-steps.",
  );
  const options = readFlags(parameters, { tidesDensitySteps: "7", spectrumDensitySteps: "50" });
  const never = () => Promise.reject(new Error("not asked for"));
  const origin = { model: null, data: null, loss: null, precision: null, runtime: null, checks: [], warnings: [] };
  const session = await tides.open(
    {
      none: () =>
        Promise.resolve({ subject: { runtime }, inputs: [], origin: () => origin, close: () => Promise.resolve() }),
      problem: never,
      ground: never,
      network: never,
      checkpoints: never,
      path: never,
      model: never,
      described: never,
      results: never,
    },
    { arguments: [], options },
  );
  await session.measure({
    random: createRandom(0),
    arrays: new NamedArrays(),
    context: {},
    clock: () => 0,
    hasBudget: false,
    isOutOfTime: () => false,
    leave: () => undefined,
    origin,
    output: null,
    file: () => {
      throw new Error("not asked for");
    },
    tasks: never,
  });
  expect(measured).toEqual([{ densitySteps: 7, moons: 1 }, { densitySteps: 50 }]);
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
