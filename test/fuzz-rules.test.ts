import { expect, test } from "vitest";
import { createRandom, type RandomStream } from "../src/random/random-stream.ts";
import { againstRuntime, firstDifference } from "./support/against-runtime.ts";
import { fuzzGraph } from "./support/graph-fuzz.ts";
import { FUZZED, type FuzzFile, fuzzFile } from "./support/rule-fuzz.ts";

/*
 * Random uses of every rule, over opsets, attributes, shapes and element types: what was imported gives what ONNX
 * Runtime gives on the file as it is, or is refused with a sentence. FUZZ_GRAPHS=5000 FUZZ_SEED=2 npx vitest run
 * test/fuzz-rules.test.ts draws more of them, FUZZ_OPS=Attention only those of such operators.
 */

const { FUZZ_GRAPHS = "500", FUZZ_SEED = "1", FUZZ_OPS = "" } = process.env;
const NEWEST_OPSET = 26;
const FLOAT32_TOLERANCE = 2e-5;
const FLOAT64_TOLERANCE = 1e-6;

async function compareAll(count: number, fileOf: (i: number, random: RandomStream) => FuzzFile): Promise<void> {
  const random = createRandom(Number(FUZZ_SEED));
  const counts: Record<string, number> = {};
  const wrong: string[] = [];
  const refused: string[] = [];
  for (let i = 0; i < count; i++) {
    const file = fileOf(i, random.split(`graph ${i}`));
    const outcome = await againstRuntime(file.bytes, file.feeds, file.double ? "float64" : "float32");
    counts[outcome.kind] = (counts[outcome.kind] ?? 0) + 1;
    if (outcome.kind === "crashed") wrong.push(`${file.label}: ${String(outcome.error)}`);
    if (outcome.kind === "refused") {
      expect(outcome.error.message).toMatch(/^[A-Z].*\.$/s);
      refused.push(`${file.label}: ${outcome.error.message}`);
    }
    if (outcome.kind === "compared") {
      const tolerance = file.double ? FLOAT64_TOLERANCE : FLOAT32_TOLERANCE;
      const difference = firstDifference(outcome.ours, outcome.theirs, tolerance);
      if (difference !== undefined) wrong.push(`${file.label}: ${difference}`);
    }
  }
  if (process.env.FUZZ_GRAPHS) process.stdout.write(`${JSON.stringify(counts)}\n${refused.join("\n")}\n`);
  expect(wrong).toEqual([]);
  // Enough of what is drawn must be a comparison for the test to mean anything.
  expect(counts.compared).toBeGreaterThan(0.5 * count);
}

test(`${FUZZ_GRAPHS} random uses of rules agree with the runtime`, { timeout: 3_600_000 }, async () => {
  const drawn = FUZZED.filter(({ op }) => new RegExp(FUZZ_OPS).test(op));
  await compareAll(Number(FUZZ_GRAPHS), (i, random) => fuzzFile(drawn[i % drawn.length], random, NEWEST_OPSET));
});

test("random graphs with graphs and sequences inside agree with the runtime", { timeout: 3_600_000 }, async () => {
  await compareAll(Math.ceil(Number(FUZZ_GRAPHS) / 5), (_, random) => fuzzGraph(random, NEWEST_OPSET));
});
