/** @thorough Mutated results, runs and tasks. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { resultText } from "../src/cli/result-text.ts";
import { styleOf } from "../src/cli/terminal.ts";
import { decodeResult } from "../src/documents/result-kinds.ts";
import { createRandom, type RandomStream } from "../src/random/random-stream.ts";
import { figuresOf } from "../src/report/figures-of.ts";
import { renderReport } from "../src/report/render-report.ts";
import type { Json } from "../src/runs/recipe.ts";
import { decodeRun, decodeTasks, encodeRun, encodeTasks } from "../src/runs/run-file.ts";
import { encodeFinished, resultOf } from "../src/runs/task-store.ts";
import { ThalwegError } from "../src/util/thalweg-error.ts";

/*
 * What a run leaves, damaged: every document is refused with a sentence, or read and shown; a damaged task is not done. Wrong
 * numbers that fit where they stand cannot be told from right ones, but of tasks, which have a checksum.
 */

const CASES = Number(process.env.FUZZ_FILES ?? 3200);
/** Drawn and written, which takes long. */
const REPORTS = Math.ceil(CASES / 160);

const EXAMPLES = fileURLToPath(new URL("../examples/", import.meta.url));
const RESULTS = readdirSync(EXAMPLES).filter((name) => name.endsWith(".json"));

const STRANGE: readonly Json[] = [
  null,
  -1,
  0,
  1e308,
  1e-320,
  2 ** 53,
  "",
  "\u0000",
  "NaN",
  "x".repeat(1e4),
  [],
  {},
  true,
  [[[]]],
  { "": 0 },
];

/** Puts something strange in the place of one or a few parts, or leaves them out. */
function strange(value: Json, random: RandomStream): Json {
  const pick = <T>(from: readonly T[]) => from[random.integer(from.length)];
  const inside = (part: Json, depth: number): Json => {
    const stays = depth < 1 || random.integer(8) > 0;
    if (stays && Array.isArray(part) && part.length > 0) {
      const at = random.integer(part.length);
      if (random.integer(6) === 0) return part.filter((_, i) => i !== at);
      if (random.integer(6) === 0) return [...part, part[at]];
      return part.map((each, i) => (i === at ? inside(each, depth + 1) : each));
    }
    if (stays && typeof part === "object" && part !== null && !Array.isArray(part)) {
      const keys = Object.keys(part);
      if (keys.length === 0) return pick(STRANGE);
      const key = pick(keys);
      if (random.integer(6) === 0) return Object.fromEntries(Object.entries(part).filter(([name]) => name !== key));
      return { ...part, [key]: inside(part[key], depth + 1) };
    }
    return pick(STRANGE);
  };
  let changed = value;
  for (let i = random.integer(3); i >= 0; i--) changed = inside(changed, 0);
  return changed;
}

/** Bytes that flip, or an end that is missing. */
function torn(text: string, random: RandomStream): string {
  if (random.integer(2) === 0) return text.slice(0, random.integer(text.length));
  const at = random.integer(text.length);
  return text.slice(0, at) + String.fromCharCode(random.integer(128)) + text.slice(at + 1);
}

function damaged(text: string, random: RandomStream): string {
  return random.integer(5) === 0 ? torn(text, random) : JSON.stringify(strange(JSON.parse(text), random));
}

/** What was made of it; undefined where it was refused with a sentence. */
function survived<T>(read: () => T, what: string): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ThalwegError && error.kind === "input" && error.message.length > 10) return undefined;
    throw new Error(`${what} ended in ${String(error)}`, { cause: error });
  }
}

describe("damaged results", { timeout: 30 * 60_000 }, () => {
  test.each(RESULTS)("%s is refused or shown", async (name) => {
    const text = readFileSync(`${EXAMPLES}${name}`, "utf8");
    const random = createRandom(1).split(name);
    let read = 0;
    const each = Math.ceil(CASES / RESULTS.length);
    for (let i = 0; i < each; i++) {
      const document = survived(() => decodeResult(damaged(text, random), "damaged.json"), `${name} case ${i}`);
      if (document === undefined) continue;
      read++;
      survived(() => resultText(document, styleOf(false), { all: true }), `text of ${name} case ${i}`);
      survived(() => figuresOf(document), `figures of ${name} case ${i}`);
      if (read <= Math.ceil(REPORTS / RESULTS.length)) expect(await renderReport(document)).toContain("</html>");
    }
    expect(read).toBeLessThan(each);
  });
});

describe("damaged folders of runs", () => {
  const task = { hash: "abc", kind: "k", label: "l", input: { from: 1, to: [2, 3], name: "x" } };
  const seeds = {
    run: encodeRun({
      schema: "thalweg/run@1",
      createdAt: "2026-11-22T00:00:00.000Z",
      directory: "/",
      command: ["profile", "m.onnx"],
      config: { top: 3, only: ["loss"] },
      build: "1 (abc)",
      recipe: {
        thalweg: "1",
        experiment: "profile",
        arguments: ["m.onnx"],
        options: { top: 3 },
        seed: 0,
        budget: null,
        inputs: [{ path: "m.onnx", sha256: "00" }],
      },
    }),
    tasks: encodeTasks([task, { ...task, hash: "abd" }], "identity"),
  };

  test.each([
    ["a run", seeds.run, decodeRun],
    ["a list of tasks", seeds.tasks, decodeTasks],
  ] as const)("%s is refused or read", (what, text, decode) => {
    const random = createRandom(2).split(what);
    for (let i = 0; i < CASES; i++) survived(() => decode(damaged(text, random), "damaged"), `${what} case ${i}`);
  });

  test("a task whose file was changed is not done", () => {
    const random = createRandom(3);
    const result = { loss: 0.5, steps: [1, 2, 3], text: "NaN" };
    const text = encodeFinished(task, result);
    const store = (found: string) => ({ get: () => found, put: () => undefined });
    expect(resultOf(store(text), task)).toEqual(result);
    let same = 0;
    for (let i = 0; i < CASES; i++) {
      const found = resultOf(store(damaged(text, random)), task);
      // White space and members that do not count may change.
      if (found === undefined) continue;
      same++;
      expect(found).toEqual(result);
    }
    expect(same).toBeLessThan(CASES / 4);
  });
});
