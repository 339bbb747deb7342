import { describe, expect, it } from "vitest";
import { DIST, runScript } from "../../test/support/spawn-node.ts";
import { growthFor } from "./collect-seldom.ts";

const MIB = 2 ** 20;

/** Makes 0.75 GiB of short arrays, of which the last 16 MiB live. */
const CHURN = `
  const { setImmediate } = await import("node:timers/promises");
  const held = [];
  for (let i = 0; i < 768; i++) {
    held[i % 16] = Array.from({ length: 128 }, () => Array(1024).fill(i / 3));
    await setImmediate();
  }`;

const collections = async (before: string) => {
  const { out, err } = await runScript(`
    (await import("node:v8")).setFlagsFromString("--trace-gc");
    ${before}
    ${CHURN}`);
  expect(err).toBe("");
  return out.split("Mark-Compact").length - 1;
};

describe("collectSeldom", () => {
  it("lets garbage come together where little lives", async () => {
    const own = await collections("");
    const seldom = await collections(`(await import("${DIST}cli/collect-seldom.js")).collectSeldom();`);
    expect(own).toBeGreaterThan(5);
    expect(seldom).toBeLessThan(own / 2);
  });

  it("leaves it to V8 where much does: garbage is never more than a quarter of a GiB", () => {
    expect(growthFor(32 * MIB)).toBe(800);
    expect(growthFor(64 * MIB)).toBe(400);
    expect(growthFor(100 * MIB)).toBe(0);
    expect(growthFor(4096 * MIB)).toBe(0);
  });
});
