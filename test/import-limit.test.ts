/** @thorough A large file read in every place where one is read. */
import { readFileSync, writeFileSync } from "node:fs";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, NodeProtoSchema } from "onnx-buf";
import { beforeAll, describe, expect, it } from "vitest";
import { EXPERIMENTS } from "../src/experiments/registry.ts";
import type { Experiment } from "../src/runs/experiment.ts";
import { commandLine, DIGITS } from "./support/command-line.ts";
import { PLANNED, writeOnes } from "./support/small-commands.ts";

/* A file of more nodes than a model may have is refused wherever an experiment reads one, and read where the limit is raised. */

const files = commandLine();
const { at, here } = files;

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  ...PLANNED,
  critical: ["critical", DIGITS, "--data", "good.npz", "--from", "along", "--along", "ones.npz", "--starts", "1"],
  line: [...PLANNED.line, "--direction", "to:ones.npz"],
  apply: [...PLANNED.apply, "-o", "product.npz"],
  export: [...PLANNED.export, "-o", "derivative.onnx"],
};

beforeAll(() => {
  writeOnes(files);
  const model = fromBinary(ModelProtoSchema, readFileSync(DIGITS));
  const input = model.graph?.input[0].name ?? "";
  for (let i = 0; i <= 200_000; i++)
    model.graph?.node.push(create(NodeProtoSchema, { opType: "Identity", input: [input], output: [`d${i}`] }));
  writeFileSync(at("heavy.onnx"), toBinary(ModelProtoSchema, model));
});

/** Where a command names a file that a network or its weights are read from: each is replaced by the large one. */
const placesIn = (command: readonly string[]) =>
  command.flatMap((word, i) => (word.includes(DIGITS) || /\bones(-too)?\.(npz|safetensors)$/.test(word) ? [i] : []));

const VERBS = [...new Set(EXPERIMENTS.map(({ name, verb = name }: Experiment) => verb))];
const takesModel = (verb: string) => placesIn(COMMANDS[verb]).length > 0;
const words = (text: string) => text.replaceAll(/\s+/g, " ");
const LIMIT = /The model has more than 200000 nodes .*Raise the limit with --import-limit/;

it("nearly every verb reads one", () => {
  expect(VERBS.filter((verb) => !takesModel(verb)).toSorted()).toEqual(["atlas", "claim", "claims", "compare"]);
});

describe.each(VERBS.filter(takesModel))("%s", (verb) => {
  const command = COMMANDS[verb];
  const heavy = (place: number) =>
    command.map((word, i) => (i === place ? word.replace(/[^:]*$/, "heavy.onnx") : word));
  it.each(placesIn(command).map((place) => [command[place].split("/").at(-1), place] as const))(
    "refuses a larger one in the place of %s",
    async (_what, place) => {
      const { code, err } = await here([...heavy(place), "-q"]);
      expect(code, err).toBe(3);
      expect(words(err)).toMatch(LIMIT);
    },
    300_000,
  );
});

it.each([
  ["a model", ["inspect", "heavy.onnx"]],
  ["weights that replace a model's", ["inspect", DIGITS, "--weights", "heavy.onnx"]],
  ["a file beside it", ["connect", DIGITS, "heavy.onnx", "--data", "good.npz", "--points", "3"]],
])(
  "is refused or read as %s, as the limit is",
  async (_what, args) => {
    const { code, err } = await here([...args, "-q"]);
    expect(code).toBe(3);
    expect(words(err)).toMatch(LIMIT);
    const raised = await here([...args, "-q", "--import-limit", "2"]);
    expect(raised.code, raised.err).toBe(0);
  },
  300_000,
);
