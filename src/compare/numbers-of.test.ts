import { describe, expect, it } from "vitest";
import { z } from "zod";
import { about, aside, type Known, within } from "../result/known.ts";
import { profileResult } from "../instruments/profile-result.ts";
import { count, real } from "../result/real.ts";
import { INSTRUMENTS } from "../instruments/registry.ts";
import { sampleProfile } from "../../test/sample-profile.ts";
import { numbersOf } from "./numbers-of.ts";

const numbers = numbersOf(profileResult, sampleProfile.result);
const known = (path: string) => numbers.get(path)?.known;

describe("the numbers of a profile", () => {
  it("have their errors from the schema", () => {
    expect(known("hessian.trace")).toMatchObject({ value: 214.6, stated: true });
    expect(known("hessian.trace")?.sampled.above).toBeCloseTo(1.96 * 3.1, 10);
    expect(known("gaussNewton.trace")).toMatchObject({ value: 211.2, stated: false });
    expect(known("stability.limits[Gradient descent].stepSize")).toMatchObject({ value: 0.0478, stated: false });
    expect(known("layers[fc2].gradientNorm")).toMatchObject({ value: 0.01, above: 1e-8 });
    expect(known("units[relu1].dead")).toMatchObject({ value: 3, counted: true });
    expect(known("flatness.measures[sam]")).toMatchObject({ value: 0.071, below: 0, above: Number.POSITIVE_INFINITY });
    expect(known("noise.criticalBatchSize")).toMatchObject({ value: 591, sampled: { over: "examples" } });
    expect(known("condition")).toBeUndefined();
  });

  it("know eigenvalues in their places: beyond the last one by the margin of the search", () => {
    const last = known("hessian.top[9]");
    expect(last?.above).toBeCloseTo(0.8 + 2 * 1.42 * 3e-7 - 1.42 * 3e-7, 9);
    expect(known("hessian.top[0]")).toMatchObject({ above: 41.83 * 3e-7 });
    const { hessian } = sampleProfile.result;
    const unsearched = { ...hessian, multiplicity: null, frobenius: null };
    const found = numbersOf(profileResult, { ...sampleProfile.result, hessian: unsearched });
    expect(found.get("hessian.top[0]")?.known.above).toBe(Number.POSITIVE_INFINITY);
    // The Frobenius norm leaves no room for one as large as the largest: 72.9² less the squares of those that were found.
    const bounded = numbersOf(profileResult, { ...sampleProfile.result, hessian: { ...hessian, multiplicity: null } });
    const seen = [...(hessian.top ?? []), ...(hessian.bottom ?? [])].reduce((sum, { value }) => sum + value ** 2, 0);
    const unseen = Math.sqrt((71.3 + 1.96 * 0.8) ** 2 - seen);
    expect(bounded.get("hessian.top[0]")?.known).toMatchObject({ above: 41.83 * 3e-7, restsOnSample: true });
    expect(bounded.get("hessian.top[9]")?.known.above).toBeCloseTo(unseen - 1.42, 3);
  });

  it("know no place of an eigenvalue where residuals are coarser than the margin of a search", () => {
    const { hessian } = sampleProfile.result;
    const coarse = (hessian.top ?? []).map(({ value }, i) => ({ value, residual: i === 2 ? 1.5 : 1e-3 }));
    const found = numbersOf(profileResult, {
      ...sampleProfile.result,
      hessian: { ...hessian, top: coarse, frobenius: null },
      gaussNewton: { top: coarse, trace: null },
    });
    for (const path of ["hessian.top[0]", "hessian.top[4]", "gaussNewton.top[0]"])
      expect(found.get(path)?.known.above, path).toBe(Number.POSITIVE_INFINITY);
    // At the other end, which is small beside the whole spectrum, the margin is that of the whole spectrum.
    const { residual } = sampleProfile.result;
    const bottom = [{ value: -0.01, residual: 1e-6 }];
    const lopsided = numbersOf(profileResult, {
      ...sampleProfile.result,
      residual: residual && { ...residual, bottom },
    });
    expect(lopsided.get("residual.bottom[0]")?.known.below).toBeCloseTo(0.02 * 1.31, 4);
  });

  it("are neither costs, settings, errors of others, nor curves", () => {
    for (const path of numbers.keys())
      expect(path).not.toMatch(
        /products|probes|confidence|standardError|residual$|rounding|grid|density|Error$|sections/,
      );
  });

  it("have titles of their own, and an instrument of the registry", () => {
    const titles = [...numbers.values()].map(({ title, instrument }) => `${instrument}: ${title}`);
    expect(new Set(titles).size).toBe(titles.length);
    const names = new Set(INSTRUMENTS.map(({ name }) => name));
    for (const { path, instrument } of numbers.values()) expect(names, path).toContain(instrument);
  });
});

describe("numbers of any schema", () => {
  it("are walked along it: named elements by name, the same name twice, positions otherwise", () => {
    const schema = z.object({
      list: z.array(z.object({ name: z.string(), x: real })),
      pairs: z.array(
        about(z.object({ value: real, off: real }), { known: ({ value, off }): Known => within(value, off) }),
      ),
      curve: z.array(real),
      cost: aside(count),
      none: real.nullable(),
    });
    const value = {
      list: [
        { name: "a", x: 1 },
        { name: "a", x: 2 },
      ],
      pairs: [{ value: 3, off: 0.5 }],
      curve: [1, 2, 3],
      cost: 7,
      none: null,
      unheardOf: 5,
    };
    expect([...numbersOf(schema, value)].map(([path, { known: each }]) => [path, each.value, each.above])).toEqual([
      ["list[a].x", 1, 0],
      ["list[a (2)].x", 2, 0],
      ["pairs[0]", 3, 0.5],
    ]);
  });

  it("inside an object are called by both names, but where they have a title of their own", () => {
    const heights = z.object({ train: real, test: real });
    const schema = z.object({
      barrier: z.object({ before: about(heights, { title: "Straight line" }), criticalWay: heights }),
      kinds: z.array(z.object({ name: z.string(), found: real })),
      highest: z.object({ loss: about(real, { title: "Loss at the top" }) }),
    });
    const value = {
      barrier: { before: { train: 1, test: 2 }, criticalWay: { train: 3, test: 4 } },
      kinds: [{ name: "saddle", found: 5 }],
      highest: { loss: 6 },
    };
    expect([...numbersOf(schema, value).values()].map(({ title }) => title)).toEqual([
      "Straight line, train",
      "Straight line, test",
      "Barrier, critical way, train",
      "Barrier, critical way, test",
      "Found, saddle",
      "Loss at the top",
    ]);
  });
});
