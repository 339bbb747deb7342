/** @thorough float32 beside float64 on many networks: half a minute. */

import { describe, expect, it } from "vitest";
import type { Problem } from "../src/problem/problem.ts";
import { runProfile } from "../src/instruments/profile.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { ProfileResult } from "../src/instruments/profile-result.ts";
import type { FloatType } from "../src/util/tensor.ts";
import { NETWORKS, nearZero } from "./support/near-zero-loss.ts";

/* What a profile in float32 states holds what the same profile in float64 finds. */

interface Ranged {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  /** Whether it was sampled. */
  readonly chance?: boolean;
}

const plain = (value: number, error: number): Ranged => ({ value, lower: value - error, upper: value + error });

/** Everything in a result that states its error, by name. */
function statedOf(result: ProfileResult): Map<string, Ranged> {
  const stated = new Map<string, Ranged>();
  const walk = (at: string, node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const here = new Map<string, unknown>(Object.entries(node));
    const number = (key: string) => {
      const found = here.get(key);
      return typeof found === "number" ? found : undefined;
    };
    const value = number("value");
    const residual = number("residual");
    const interval = here.get("interval");
    if (value !== undefined && residual !== undefined) stated.set(at, plain(value, residual));
    else if (value !== undefined && typeof interval === "object" && interval !== null) {
      const range = new Map<string, unknown>(Object.entries(interval));
      const [lower, upper] = [range.get("lower"), range.get("upper")];
      if (typeof lower === "number" && typeof upper === "number")
        stated.set(at, { value, lower, upper, chance: number("standardError") !== 0 });
    }
    for (const [key, each] of here) {
      walk(at === "" ? key : `${at}.${key}`, each);
    }
  };
  walk("", result);
  const { gradient, noise, hessian } = result;
  stated.set("loss", plain(result.loss, result.lossRounding ?? 0));
  if (gradient) stated.set("‖g‖", plain(gradient.norm, gradient.rounding ?? 0));
  if (noise?.alignment)
    stated.set(
      "curvatureAlongNoise",
      plain(noise.alignment.curvatureAlongNoise, 2 * (noise.alignment.curvatureAlongNoiseError ?? 0)),
    );
  if (hessian.condition?.bound === "value")
    stated.set("condition", plain(hessian.condition.value, hessian.condition.error ?? 0));
  return stated;
}

async function profileIn(open: (precision: FloatType) => Problem, precision: FloatType, exactLimit: number) {
  const problem = open(precision);
  const { result, arrays } = await runProfile(problem, { exactLimit, top: 3, bottom: 2 }, createRandom(0), {});
  await problem.close();
  return { result, eigenvalues: arrays.entries().get("hessian.eigenvalues")?.data ?? [] };
}

/** The shares of eigenvalues that are below and about zero, of those that lie clearly, and of those that may lie there. */
function sharesOf(values: ArrayLike<number>, zero: number): Map<string, Ranged> {
  const share = (count: (x: number) => boolean) => Array.from(values).filter(count).length / values.length;
  const ranged = (within: (t: number) => number, wider: number, narrower: number) => {
    const [lower, upper] = [within(wider), within(narrower)].toSorted((a, b) => a - b);
    return { value: within(1), lower, upper };
  };
  return new Map([["hessian.negativeShare", ranged((t) => share((x) => x < -t * zero), 0.5, 1.5)]]);
}

const LOSSES = [1e-1, 1e-3, 1e-5, 1e-8];

/** One loss each of a few networks; all of all where FLOAT32_TRUTH is set. */
const QUICK: Readonly<Record<string, number>> = {
  "relu, logits": 1e-3,
  "gelu, logits": 1e-5,
  "tanh, probabilities": 1e-8,
  "transformer, probabilities": 1e-5,
  "gelu, regression": 1e-8,
};
const isWhole = process.env.FLOAT32_TRUTH !== undefined;
const CASES = NETWORKS.flatMap((network) =>
  LOSSES.filter((loss) => isWhole || QUICK[network[0]] === loss).map((loss) => [network[0], loss, network] as const),
);

describe("a profile in float32", () => {
  it.each(CASES)(
    "%s at a loss of %d: holds float64",
    { timeout: 120_000 },
    async (_name, loss, [, architecture, kind]) => {
      const open = await nearZero(architecture, kind, loss);
      const { result: wide, eigenvalues } = await profileIn(open, "float64", 2500);
      expect(wide.loss / loss).toBeCloseTo(1, 3);
      const missed: string[] = [];
      for (const exactLimit of [2500, 0]) {
        const { result } = await profileIn(open, "float32", exactLimit);
        const route = exactLimit > 0 ? "exact" : "sampled";
        // The loss itself may be ∞ in float32 where a measure looks around; nothing else may fail.
        for (const { instrument, status, reason } of result.sections)
          if (status === "failed" && reason?.includes("not finite") !== true)
            missed.push(`${route} ${instrument}: ${reason ?? ""}`);
        // What counts as zero is a matter of the arithmetic.
        const shares = sharesOf(eigenvalues, result.hessian.negativeShare?.threshold ?? 0);
        const truth = new Map([...statedOf(wide), ...shares]);
        for (const [name, { value, lower, upper, chance }] of statedOf(result)) {
          const exact = truth.get(name);
          if (!exact || /flatness|density|criticalBatchSize/.test(name)) continue;
          // One interval in twenty misses by chance; twice as wide, one in ten thousand.
          const [least, most] = chance ? [2 * lower - value, 2 * upper - value] : [lower, upper];
          if (least > exact.upper || most < exact.lower)
            missed.push(`${route} ${name}: ${value} in [${lower}, ${upper}] is ${exact.value}`);
        }
      }
      expect(missed).toEqual([]);
    },
  );
});
