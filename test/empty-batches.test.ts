import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { encodeNpz } from "../src/files/npz.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { commandLine } from "./support/command-line.ts";

/* Batches in which no label counts: few of the examples are of a class with a weight. */

const { at, here } = commandLine();
const EXAMPLES = 40;
const counts = (i: number) => i % 8 === 0;
const DATA = ["--data", at("few.npz"), "--loss", "cross-entropy", "--loss-option", "weights=2,1,0", "--batch", "4"];
const NET = "mlp:3-4-3:tanh";

beforeAll(() => {
  const labels = Float64Array.from({ length: EXAMPLES }, (_, i) => (counts(i) ? (i / 8) % 2 : 2));
  writeFileSync(
    at("few.npz"),
    encodeNpz([
      ["x", { dtype: "float64", shape: [EXAMPLES, 3], data: createRandom(1).normalVector(3 * EXAMPLES) }],
      ["y", { dtype: "int64", shape: [EXAMPLES], data: labels }],
    ]),
  );
});

async function run(verb: string, args: readonly string[]) {
  const { code, err, out } = await here([verb, NET, ...DATA, ...args, "-o", at(verb)]);
  const document: unknown = JSON.parse(readFileSync(at(verb, "result.json"), "utf8"));
  return { code, err, out: out.replaceAll(/\s+/g, " "), document };
}

describe("a batch in which no label counts", { timeout: 120_000 }, () => {
  it("leaves the weights of plain descent as they are while a training goes on, and is counted", async () => {
    const steps = 20;
    const { code, err, out, document } = await run("train", [
      ...`--optimizer sgd --lr 0.1 --steps ${steps} --every 1`.split(" "),
      ..."--track batch-sharpness,noise --track-every 5 --track-examples 3".split(" "),
    ]);
    expect(code, err).toBe(0);
    const { result } = RESULT_KINDS.train.parse(document);
    const weights = result.checkpoints.map(({ file }) => readFileSync(at("train", file)));
    const still = weights.slice(1).filter((each, step) => each.equals(weights[step])).length;
    // Of 10 batches of 4 of 40, with 5 examples that count, five are empty at least.
    expect(still).toBeGreaterThanOrEqual(10);
    expect(still).toBeLessThan(steps);
    expect(result.emptyBatches).toBe(still);
    expect(out).toContain(`No label counts in the batches of ${still} of the 20 steps`);
    const curves = (quantity: string) =>
      result.tracked?.quantities.find(({ name }) => name === quantity)?.series.map(({ values }) => values) ?? [];
    for (const name of ["batch-sharpness", "noise"]) {
      expect(curves(name).length).toBeGreaterThan(0);
      for (const value of curves(name).flat()) expect(value ?? Number.NaN).not.toBeNaN();
    }
    // Of three examples with a label that counts: of others there were no noise.
    for (const value of curves("noise").flat()) expect(value).toBeGreaterThan(0);
  });

  it("is counted in a race, whose walks go on", async () => {
    const { code, err, out, document } = await run("race", ["--optimizers", "gd:0.1,adam", "--steps", "12"]);
    expect([0, 5], err).toContain(code);
    const { result } = RESULT_KINDS.race.parse(document);
    const runs = result.optimizers.flatMap((each) => each.runs);
    expect(runs.every(({ steps, emptyBatches }) => steps === 12 && emptyBatches >= 5)).toBe(true);
    expect(out).toContain("No label counts in the batches of");
  });

  it("is passed over by a ramp of the step size, and is no batch of the sharpness", async () => {
    const { code, err, out, document } = await run("lr", ["--optimizer", "sgd", "--ramp", "20", "--batches", "40"]);
    expect([0, 5], err).toContain(code);
    const { result } = RESULT_KINDS.lr.parse(document);
    expect(result.ramp?.passedOver).toBeGreaterThan(5);
    expect(result.ramp?.loss.every((loss) => loss > 0)).toBe(true);
    expect(out).toMatch(/random batches of 4, without \d+ in which no label counts/);
    expect(out).toContain(`No label counts in ${result.ramp?.passedOver} batches, which the ramp passed over.`);
  });

  it("adds nothing to the slopes that chains walk by", async () => {
    const { code, err } = await run("llc", ["--sampler", "sgld", "--warmup", "20", "--draws", "20", "--chains", "2"]);
    expect([0, 5], err).toContain(code);
  });

  it("is all that there is where no example counts: that is said, with what to look at", async () => {
    const none = ["--loss", "cross-entropy", "--loss-option", "weights=0,0,0"];
    const { code, err } = await here(["profile", NET, "--data", at("few.npz"), ...none, "--only", "gradient"]);
    expect(code).toBe(3);
    expect(err.replaceAll(/\s+/g, " ")).toContain("The loss of these 40 examples is empty: no label of theirs counts");
  });
});
