import { expect, test } from "vitest";
import { createRandom } from "../src/random/random-stream.ts";
import { againstRuntime, firstDifference } from "./support/against-runtime.ts";
import { FUZZED, fuzzFile } from "./support/rule-fuzz.ts";
import type { Elements } from "./support/onnx-model.ts";

/*
 * Random uses of every rule with one input or tensor of another element type: where ONNX Runtime takes the file, it is
 * what we take it for; where it does not, neither do we, or we read numbers for numbers (which the proof of the import
 * says, since it opens the file as it is). Nothing of it is ever an error of ours. FUZZ_GRAPHS and FUZZ_SEED as in fuzz-rules.
 */

const { FUZZ_GRAPHS = "300", FUZZ_SEED = "1" } = process.env;
const NEWEST_OPSET = 26;
const TYPES: readonly Elements[] = ["float", "double", "int64", "int32", "bool"];

test(
  `${FUZZ_GRAPHS} files of mixed types are refused or read as the runtime reads them`,
  { timeout: 3_600_000 },
  async () => {
    const random = createRandom(Number(FUZZ_SEED)).split("types");
    const wrong: string[] = [];
    const refused: string[] = [];
    const counts: Record<string, number> = {};
    for (let i = 0; i < Number(FUZZ_GRAPHS); i++) {
      const own = random.split(`graph ${i}`);
      const file = fuzzFile(FUZZED[i % FUZZED.length], own, NEWEST_OPSET, (inputs) => {
        const at = own.integer(inputs.length);
        const elements = TYPES[own.integer(TYPES.length)];
        return inputs.map((operand, each) => {
          if (each !== at || !operand) return operand;
          const whole = elements !== "float" && elements !== "double";
          return {
            ...operand,
            elements,
            values: operand.values.map((x) =>
              elements === "bool" ? Number(x > 0) : whole && !Number.isFinite(x) ? 1 : whole ? Math.round(x) : x,
            ),
          };
        });
      });
      const outcome = await againstRuntime(file.bytes, file.feeds, file.double ? "float64" : "float32");
      const kind =
        outcome.kind === "no-oracle" ? `no-oracle ${outcome.imported ? "imported" : "refused"}` : outcome.kind;
      counts[kind] = (counts[kind] ?? 0) + 1;
      if (outcome.kind === "refused") refused.push(`${file.label}: ${outcome.error.message}`);
      if (outcome.kind === "crashed") wrong.push(`${file.label}: ${String(outcome.error)}`);
      if (outcome.kind === "no-oracle" && outcome.crash !== undefined) wrong.push(`${file.label}: ${outcome.crash}`);
      if (outcome.kind === "compared") {
        const difference = firstDifference(outcome.ours, outcome.theirs, 2e-5);
        if (difference !== undefined) wrong.push(`${file.label}: ${difference}`);
      }
    }
    if (process.env.FUZZ_GRAPHS) process.stdout.write(`${JSON.stringify(counts)}\n${refused.join("\n")}\n`);
    expect(wrong).toEqual([]);
  },
);
