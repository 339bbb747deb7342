import { describe, expect, it } from "vitest";
import { add, mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { sliceAxis } from "../ops/movement.ts";
import { outputLoss } from "../problem/losses/output-loss.ts";
import type { Problem } from "../problem/problem.ts";
import { createRandom } from "../random/random-stream.ts";
import { array, buildProblem, labels } from "../../test/support/build-problem.ts";
import { runProfile } from "./profile.ts";
import { linesInstrument, reachOf } from "./lines.ts";
import { readingsOf } from "./shown-readings.ts";

/** L(θ) = Σ aᵢθᵢ² + bᵢθᵢ⁴ at θ = `at`, constants of the file being data. */
function quartic(
  a: readonly number[],
  b: readonly number[],
  at: readonly number[],
  precision: "float32" | "float64" = "float64",
): Problem {
  const n = a.length;
  return buildProblem(
    {
      x: array([2, 2 * n], [...a, ...b, ...a, ...b]),
      y: labels([2], [0, 0]),
      parameters: { theta: array([n, 1], at) },
      loss: outputLoss,
      build: (x, { theta }) => {
        const square = mul(theta, theta);
        return add(matmul(sliceAxis(x, 1, 0, n), square), matmul(sliceAxis(x, 1, n, 2 * n), mul(square, square)));
      },
    },
    { precision, parameters: ["theta"] },
  );
}

async function linesOf(problem: Problem) {
  const { result } = await runProfile(problem, { only: ["loss", "eigenvalues", "lines"] }, createRandom(0), {});
  const { lines, verdicts, sections } = result;
  expect(sections.find(({ instrument }) => instrument === "lines")?.status).toBe("measured");
  const told = verdicts.filter(({ instrument }) => instrument === "lines");
  const [reading] = readingsOf(linesInstrument, result);
  return {
    lines: lines ?? [],
    levels: told.map(({ level }) => level),
    texts: told.map(({ text }) => text),
    reading: reading.value,
  };
}

describe("the reach of a line", () => {
  it.each([
    [{ slope: -0.3, curvature: 4 }, 0.5],
    [{ slope: 0, curvature: -2 }, 0.5],
    [{ slope: -0.3, curvature: 0 }, 0.5],
    [{ slope: -1e-9, curvature: 1e-3 }, 1e-12],
  ])("of %o is where the parabola changes by what was asked", (parabola, change) => {
    const t = reachOf(parabola, change, 1e9);
    expect(Math.abs(parabola.slope) * t + (Math.abs(parabola.curvature) * t * t) / 2).toBeCloseTo(change, 14);
  });

  it("ends where the weights do, and is some where nothing changes", () => {
    expect(reachOf({ slope: 0, curvature: 0 }, 1, 7)).toBe(7);
    expect(reachOf({ slope: 0, curvature: 1 }, 0, 7)).toBe(0.7);
  });
});

describe("lines", () => {
  it("state no share of a predicted change that cannot be told from 0", async () => {
    // λmin = 2e-18 beside λmax = 2, and a loss that rises as θ⁴.
    await using problem = quartic([1, 1e-18], [0, 1], [0, 0]);
    const { lines, texts } = await linesOf(problem);
    const bottom = lines.find(({ direction }) => direction === "bottom");
    expect(bottom?.departure?.isBound).toBe(true);
    expect(texts.join(" ")).not.toMatch(/e\d+ %/);
    expect(lines.find(({ direction }) => direction === "top")?.departure?.isBound).toBe(false);
  });

  it("of a quadratic are their parabolas, and downhill is ahead", async () => {
    const at = [0.5, -1, 2];
    const { lines, levels } = await linesOf(quartic([3, 1, -0.5], [0, 0, 0], at));
    expect(lines.map(({ eigenvalue }) => eigenvalue.value)).toEqual([expect.closeTo(6, 10), expect.closeTo(-1, 10)]);
    // ∂L/∂θ₁ = 6·0.5, ∂L/∂θ₃ = −2.
    expect(lines.map(({ slope }) => slope)).toEqual([expect.closeTo(-3, 10), expect.closeTo(-2, 10)]);
    for (const { step, loss, quadratic, departure, holdsTo } of lines) {
      expect(step).toHaveLength(11);
      loss.forEach((value, i) => expect(value).toBeCloseTo(quadratic[i], 12));
      expect(loss[6]).toBeLessThan(loss[4] ?? Number.NaN);
      expect(departure?.value).toBeLessThan(1e-10);
      expect(holdsTo).toBe(step[10]);
    }
    expect(levels).toEqual(["pass", "pass"]);
  });

  it("of a quartic leave them where its fourth power says", async () => {
    // Along θ₁ at 0: L = a t² + b t⁴ + const, so the departure is b t² / a.
    const { lines, levels, texts } = await linesOf(quartic([2, 0.25], [1, 0], [0, 1]));
    const [top, bottom] = lines;
    const reach = top.step[10];
    expect(2 * reach ** 2).toBeCloseTo(0.25, 12);
    expect(top.departure?.value).toBeCloseTo(reach ** 2 / 2, 10);
    expect(top.holdsTo).toBe(reach);
    expect(levels).toEqual(["pass", "pass"]);
    expect(bottom.eigenvalue.value).toBeCloseTo(0.5, 10);
    expect(texts[0]).toMatch(/off by at most 6\.[23] % of the change predicted/);

    const steep = await linesOf(quartic([2, 0.25], [40, 0], [0, 1]));
    const [line] = steep.lines;
    expect(line.departure?.value).toBeCloseTo((40 * line.step[10] ** 2) / 2, 9);
    // b t²/a > 0.1 from t = √(0.005) = 0.0707 on; the steps are multiples of 0.0707.
    expect(line.holdsTo).toBeLessThanOrEqual(Math.sqrt(0.005) * (1 + 1e-9));
    expect(steep.levels).toEqual(["note", "pass"]);
    expect(steep.texts[0]).toContain("leaves its parabola");

    // Sentence and table have one number, which is none beyond what was seen.
    for (const power of [2, 3, 9]) {
      const { lines: own, texts: said, reading } = await linesOf(quartic([2, 0.25], [power, 0], [0, 1]));
      const [, shown] = /; out to (\S+) no departure/.exec(said[0]) ?? [];
      expect(reading).toBe(`to ${shown}`);
      expect(Number(shown)).toBeLessThanOrEqual(own[0].holdsTo ?? 0);
    }
  });

  it("that leave the finite numbers say where, and measure what is left", async () => {
    // In float32 (10²⁰)² overflows: the fourth power is ∞ from |θ| ≈ 4·10⁹ on, which a line of length ‖θ‖ reaches.
    const { lines, texts } = await linesOf(quartic([1e-30, 0], [0, 1e-38], [0, 4e9], "float32"));
    expect(lines.some(({ loss }) => loss.includes(null))).toBe(true);
    expect(texts.join(" ")).toContain("the loss is not finite at");
  });

  it("of one parameter are one", async () => {
    const { lines } = await linesOf(quartic([1], [0], [1]));
    expect(lines.map(({ direction }) => direction)).toEqual(["top"]);
  });

  it("decide nothing where rounding is as large as the departure", async () => {
    // A loss of 10⁶ that one direction of curvature 10⁻⁶ hardly changes.
    const { lines, levels } = await linesOf(quartic([5e-7, 1e6], [0, 0], [1, 1], "float32"));
    const bottom = lines.find(({ direction }) => direction === "bottom");
    expect(bottom?.departure?.error).toBeGreaterThan(0.1);
    expect(levels[1]).toBe("note");
  });
});
