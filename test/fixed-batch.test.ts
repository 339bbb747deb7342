import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runProfile } from "../src/instruments/profile.ts";
import { runChecks } from "../src/instruments/run-checks.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";

/* A file that takes one batch size only, as exporters write it by default. */

const file = (name: string) => fileURLToPath(new URL(`fixtures/static-shapes/${name}`, import.meta.url));
const open = () => loadProblem(file("model.onnx"), { data: file("data.npz") });

test("what needs the gradient of a single example is left out, and says why; all else is measured", async () => {
  const loaded = await open();
  try {
    const { problem } = loaded;
    const checks = await runChecks(problem, "every-run", createRandom(0), {});
    expect(checks.filter(({ passed }) => passed !== true)).toEqual([]);
    const { result } = await runProfile(problem, { top: 2, bottom: 1 }, createRandom(0), {});
    const notMeasured = result.sections.filter(({ status }) => status !== "measured");
    expect(notMeasured).toMatchObject([{ instrument: "noise", status: "skipped" }]);
    expect(notMeasured[0].reason).toContain("exported for batches of 7");
  } finally {
    await loaded.close();
  }
});

test("a problem is closed, whatever could not be computed of it", async () => {
  const loaded = await open();
  await expect(loaded.problem.point.exampleGradientSquares()).rejects.toThrow("batches of 7");
  await expect(loaded.close()).resolves.toBeUndefined();
});
