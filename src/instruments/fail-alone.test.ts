import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Dataset } from "../data/dataset.ts";
import { createRandom } from "../random/random-stream.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { nonFiniteIn } from "../result/non-finite.ts";
import { profileResult } from "./profile-result.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { planProfile, runProfile } from "./profile.ts";
import { INSTRUMENTS } from "./registry.ts";
import { readingsOf } from "../../test/support/result-with.ts";

const on = (x: number[][], y: number[][], heldOut?: Dataset) =>
  denseProblem(
    [
      { name: "one", inputs: 1, weights: [0.5, -1], activation: "Relu" },
      { name: "two", inputs: 2, weights: [1, -0.5] },
    ],
    x,
    y,
    meanSquaredError,
    { heldOut },
  );
const unseen = on([[3], [0.5]], [[1], [0]]).dataset;
const problem = () => on([[1], [-1], [2]], [[1], [0], [1]], unseen);

/** Nothing changes it: what is compiled for one run serves all others. */
const shared = problem();
afterAll(() => shared.close());

const run = () => runProfile(shared, {}, createRandom(0), {});
const boom = () => {
  throw new Error("planted");
};

afterEach(() => {
  vi.restoreAllMocks();
});

let whole: Awaited<ReturnType<typeof run>>;
beforeAll(async () => {
  whole = await run();
});

describe.each(INSTRUMENTS.map((instrument) => [instrument.name, instrument] as const))("a fault in %s", (name, it_) => {
  it.each(["notFor", "run", "readings", "verdicts"] as const)("in its %s stays its own", async (part) => {
    const broken = { ...it_, [part]: boom };
    const place = INSTRUMENTS.indexOf(it_);
    const before = Object.getOwnPropertyDescriptor(INSTRUMENTS, place);
    Object.defineProperty(INSTRUMENTS, place, { value: broken, configurable: true });
    try {
      const { result, faults } = await run();
      const section = result.sections.find(({ instrument }) => instrument === name);
      expect(section).toMatchObject({ status: "failed", fault: true, reason: expect.stringContaining("planted") });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatchObject({ message: expect.stringContaining("planted"), cause: expect.any(Error) });
      const others = (sections: typeof result.sections) => sections.filter(({ instrument }) => instrument !== name);
      expect(others(result.sections).map(({ status }) => status)).toEqual(
        others(whole.result.sections).map(({ status }) => status),
      );
      // What cannot be shown is not kept; of a result that was written all the same, the section says so.
      if (part === "readings") {
        expect(readingsOf(name, result)).toEqual([]);
        const written = whole.result.sections.map((each) => ({ ...each, readings: null }));
        expect(readingsOf(name, { ...whole.result, sections: written })).toMatchObject([{ value: "n/a" }]);
      }
      if (part === "notFor") expect(planProfile(shared, {}).find((each) => each.name === name)?.products).toBe(0);
    } finally {
      Object.defineProperty(INSTRUMENTS, place, before ?? {});
    }
  });
});

describe("what a fault is", () => {
  const failing = async (error: Error) => {
    const network = problem();
    vi.spyOn(network.point, "exampleGradientSquares").mockRejectedValue(error);
    const { result } = await runProfile(network, { only: "noise" }, createRandom(0), {});
    return result.sections[0];
  };

  it("is none where the network's own numbers are not finite", async () => {
    const error = new ThalwegError({ kind: "input", code: "not-finite", message: "The loss is not finite." });
    expect(await failing(error)).toMatchObject({ status: "failed", fault: false });
  });

  it("is one where a graph that an instrument builds does not fit", async () => {
    const error = new ThalwegError({ kind: "input", code: "shape-mismatch", message: "Concat cannot join." });
    expect(await failing(error)).toMatchObject({ status: "failed", fault: true });
  });

  it("is one where the loss comes out as NaN", async () => {
    const network = problem();
    vi.spyOn(network.point, "value").mockResolvedValue({ loss: Number.NaN, accuracy: undefined });
    await expect(runProfile(network, { only: "loss" }, createRandom(0), {})).rejects.toMatchObject({
      code: "not-a-number",
    });
  });

  it("ends the run where it was stopped", async () => {
    const error = new ThalwegError({ kind: "interrupted", code: "interrupted", message: "Stopped." });
    await expect(failing(error)).rejects.toBe(error);
  });
});

describe("a run whose time is spent", () => {
  const ROUTES = { "searching the ends": { exactLimit: 0 }, "by the whole matrix": { top: 30, bottom: 20 } };
  it.each(Object.entries(ROUTES))("has no fault, whenever that is, %s", { timeout: 60_000 }, async (_, options) => {
    let isWhole = false;
    for (let ends = 1; !isWhole; ends += 11) {
      let asked = 0;
      const { result, faults } = await runProfile(shared, options, createRandom(0), {
        outOfTime: () => ++asked > ends,
      });
      expect(faults, `the clock being asked ${ends} times`).toEqual([]);
      expect(nonFiniteIn(profileResult, result)).toBeUndefined();
      isWhole = result.converged;
    }
  });
});
