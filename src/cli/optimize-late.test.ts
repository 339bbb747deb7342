import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { DIST } from "../../test/support/spawn-node.ts";

/** How often a loop of a thousand rounds runs before its function is optimised, in a process of its own. */
function callsUntilOptimised(before: string): number {
  const script = `
    ${before}
    function sum(n) { let s = 0; for (let i = 0; i < n; i++) s += i % 7; return s; }
    const isOptimised = () => (%GetOptimizationStatus(sum) & 16) !== 0;
    let calls = 0;
    while (!isOptimised() && calls < 1e5) { sum(1000); calls++; }
    console.log(calls);`;
  const flags = ["--allow-natives-syntax", "--no-concurrent-recompilation", "--no-use-osr", "--input-type=module"];
  return Number(execFileSync(process.execPath, [...flags, "-e", script], { encoding: "utf8" }));
}

it("functions are optimised when they have run a few times as long as V8 would wait, and no later", () => {
  const usual = callsUntilOptimised("");
  const late = callsUntilOptimised(`import { optimizeLate } from "${DIST}cli/optimize-late.js"; optimizeLate();`);
  expect(usual).toBeGreaterThan(1);
  expect(late).toBeGreaterThan(2 * usual);
  expect(late).toBeLessThan(10 * usual);
});
