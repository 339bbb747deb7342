import { describe, expect, it } from "vitest";
import { createRandom } from "../src/random/random-stream.ts";
import { runProfile } from "../src/instruments/profile.ts";
import { runChecks } from "../src/instruments/run-checks.ts";
import { NETWORKS, nearZero } from "./support/near-zero-loss.ts";

/** The mean of two softmaxes whose probabilities are near 1: what is left of 1 − p is rounded in the grains of 1. */
async function certain(loss: number) {
  const found = NETWORKS.find(([name]) => name === "tanh, probabilities");
  if (!found) throw new Error("no such network");
  return nearZero(found[1], found[2], loss);
}

describe("numbers moved by a grain", () => {
  it("state what rounding inside of a float64 network leaves of its loss and gradient", async () => {
    const problem = (await certain(1e-9))("float64");
    const { result } = await runProfile(problem, { exactLimit: 0 }, createRandom(0), {});
    await problem.close();
    // A grain of a probability near 1, in the mean of 24 losses.
    expect(result.lossRounding).toBeGreaterThan(2 ** -53 / Math.sqrt(24));
    // 1 − p is known to a grain, and the gradient as it is: to about 1e-7 of itself.
    const { norm = 0, rounding = 0 } = result.gradient ?? {};
    expect((rounding ?? 0) / norm).toBeGreaterThan(1e-9);
    expect((rounding ?? 0) / norm).toBeLessThan(1e-4);
  });

  it.each([
    [1e-5, "float32"],
    [1e-5, "float64"],
    [1e-8, "float32"],
    [1e-8, "float64"],
    [1e-9, "float64"],
    [1e-10, "float64"],
  ] as const)("explain to the checks what cancels at a loss of %f in %s", async (loss, precision) => {
    const problem = (await certain(loss))(precision);
    const checks = await runChecks(problem, "every-run", createRandom(0), {});
    await problem.close();
    expect(checks.filter(({ passed }) => passed === false)).toEqual([]);
  });
});
