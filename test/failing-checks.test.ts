import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeResult } from "../src/documents/result-kinds.ts";
import { DIST, finish, MODULES } from "./support/spawn-node.ts";

/* What a person sees where a check fails: the built command line with a fault planted in its rules. */

const DIGITS = fileURLToPath(new URL("../assets/digits.onnx", import.meta.url));

/** Modules that are loaded before the command line, and put a wrong rule in the place of a right one. */
const FAULTS = {
  import: `
    import { ONNX_RULES } from "${DIST}onnx/rules/registry.js";
    import { mul } from "${DIST}ops/arithmetic.js";
    const rule = ONNX_RULES.find(({ op }) => op === "Tanh");
    const right = rule.import.bind(rule);
    rule.import = (context) => mul(right(context), 1.001);`,
  gradient: `
    import { Graph } from "${DIST}graph/graph.js";
    import { mul } from "${DIST}ops/arithmetic.js";
    import { tanh } from "${DIST}ops/unary.js";
    const { operation } = tanh(new Graph().input("x", "float32", [1]));
    const right = operation.vjp.bind(operation);
    operation.vjp = (...args) => mul(right(...args), 1.001);`,
  // Right in value, with a derivative that is 5 % too large: no gradient shows it.
  hessian: `
    import { Graph } from "${DIST}graph/graph.js";
    import { add, mul, sub } from "${DIST}ops/arithmetic.js";
    import { detach, tanh } from "${DIST}ops/unary.js";
    const { operation } = tanh(new Graph().input("x", "float32", [1]));
    const right = operation.vjp.bind(operation);
    operation.vjp = (node, cotangent, input) => {
      const held = right(node, detach(cotangent), input);
      return add(right(node, cotangent, input), mul(sub(held, detach(held)), 0.05));
    };`,
} as const;

let folder = "";
const at = (name: string) => join(folder, name);

beforeAll(() => {
  if (!existsSync(MODULES)) throw new Error("dist/ is missing: run `npm run build` first");
  folder = mkdtempSync(join(tmpdir(), "thalweg-failing-"));
  for (const [name, text] of Object.entries(FAULTS)) writeFileSync(at(`${name}.mjs`), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

const faulty = (fault: string, args: readonly string[]) =>
  finish(process.execPath, ["--import", at(`${fault}.mjs`), MODULES, ...args], { cwd: folder });

describe.each([
  ["import", "The imported graph against the file"],
  ["gradient", "Gradient against finite differences"],
  ["hessian", "Hessian against finite differences"],
])("a fault of the %s", (fault, title) => {
  const data = [DIGITS, "--data", "digits", "--limit", "100"];

  test("profile ends with 4, says what failed, and keeps it in the result", async () => {
    const run = await faulty(fault, ["profile", ...data, "--only", "loss", "-o", at(fault)]);
    expect(run.out.replaceAll(/\s+/g, " ")).toMatch(
      // Other checks may see the fault too.
      new RegExp(`FAIL .*${title}: \\S+ instead of at most \\S+[.;] .*Trust nothing here`),
    );
    expect(run.code).toBe(4);
    const { checks } = decodeResult(readFileSync(join(at(fault), "result.json"), "utf8"));
    expect(checks.filter(({ passed }) => passed === false).map(({ name }) => name)).toContain(fault);
  });

  test("check ends with 4 and says where", async () => {
    const run = await faulty(fault, ["check", ...data]);
    expect(run.out).toMatch(new RegExp(`FAIL\\s+${title}`));
    expect(run.out).toMatch(/\d+ of \d+ checks failed\./);
    expect(run.code).toBe(4);
  });
});
