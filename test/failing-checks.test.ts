import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { decodeResult } from "../src/documents/result-kinds.ts";
import { ONNX_RULES } from "../src/onnx/rules/registry.ts";
import { mul } from "../src/ops/arithmetic.ts";
import { tanh } from "../src/ops/unary.ts";
import { curvature, planted, pullback } from "./support/plant-rule.ts";
import { runHere } from "./support/run-here.ts";
import { DIST, finish, MODULES } from "./support/spawn-node.ts";

/* What a person sees where a check fails: the command line with a fault planted in its rules. */

const DIGITS = fileURLToPath(new URL("../assets/digits.onnx", import.meta.url));
const DATA = [DIGITS, "--data", "digits", "--limit", "100"];

/** What is done with a wrong rule in the place of a right one. */
const FAULTS = {
  import: <T>(work: () => Promise<T>) => {
    const rule = ONNX_RULES.find(({ op }) => op === "Tanh");
    if (!rule) throw new RangeError("Tanh has a rule.");
    vi.spyOn(rule, "import").mockImplementation((context) => mul(tanh(context.input(0)), 1.001));
    return work();
  },
  gradient: <T>(work: () => Promise<T>) => planted("Tanh", pullback(1.001), work),
  // No gradient shows it.
  hessian: <T>(work: () => Promise<T>) => planted("Tanh", curvature(1.05), work),
} as const;

let folder = "";
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-failing-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each([
  ["import", "The imported graph against the file"],
  ["gradient", "Gradient against finite differences"],
  ["hessian", "Hessian against finite differences"],
] as const)("a fault of the %s", (fault, title) => {
  test("profile ends with 4, says what failed, and keeps it in the result", async () => {
    const args = ["profile", ...DATA, "--only", "loss", "-o", at(fault)];
    const run = await FAULTS[fault](() => runHere(args, folder));
    expect(run.out.replaceAll(/\s+/g, " ")).toMatch(
      // Other checks may see the fault too.
      new RegExp(`FAIL .*${title}: \\S+ instead of at most \\S+[.;] .*Trust nothing here`),
    );
    expect(run.code).toBe(4);
    const { checks } = decodeResult(readFileSync(join(at(fault), "result.json"), "utf8"));
    expect(checks.filter(({ passed }) => passed === false).map(({ name }) => name)).toContain(fault);
  });

  test("check ends with 4 and says where", async () => {
    const run = await FAULTS[fault](() => runHere(["check", ...DATA], folder));
    expect(run.out).toMatch(new RegExp(`FAIL\\s+${title}`));
    expect(run.out).toMatch(/\d+ of \d+ checks failed\./);
    expect(run.code).toBe(4);
  });
});

test("the process ends with 4, too", async () => {
  if (!existsSync(MODULES)) throw new Error("dist/ is missing: run `npm run build` first");
  // Loaded before the command line.
  writeFileSync(
    at("fault.mjs"),
    `
    import { Graph } from "${DIST}graph/graph.js";
    import { mul } from "${DIST}ops/arithmetic.js";
    import { tanh } from "${DIST}ops/unary.js";
    const { operation } = tanh(new Graph().input("x", "float32", [1]));
    const right = operation.vjp.bind(operation);
    operation.vjp = (...args) => mul(right(...args), 1.001);`,
  );
  const run = await finish(process.execPath, ["--import", at("fault.mjs"), MODULES, "check", ...DATA], { cwd: folder });
  expect(run.out).toMatch(/\d+ of \d+ checks failed\./);
  expect(run.code).toBe(4);
});
