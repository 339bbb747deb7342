import { describe, expect, it } from "vitest";
import { sampleProfile } from "../../test/sample-profile.ts";
import { oneCheckpoint } from "../../test/support/one-checkpoint.ts";
import { namedResult } from "../documents/named-result.ts";
import type { ResultDocument } from "../documents/result-kinds.ts";
import { compareResults, type NamedResult } from "./compare-results.ts";

type Profile = ResultDocument<"profile">;

const named = (document: ResultDocument): NamedResult => namedResult("run", "00", document);
const changed = (change: Partial<Profile>) => named({ ...sampleProfile, ...change });
const measured = (change: Partial<Profile["result"]>) => changed({ result: { ...sampleProfile.result, ...change } });
const compare = (documents: readonly NamedResult[], force = false) =>
  compareResults(documents, { force, ignored: new Set(["out"]) });
const base = named(sampleProfile);

/** A profile over checkpoints, of which each file holds what its letter says. */
function series(folder: string, holding: string): NamedResult {
  const weights = Array.from(holding, (_, step) => `${folder}/step-${step}.safetensors`);
  const files = weights.map((path, i) => ({ path, sha256: holding[i].repeat(64) }));
  const { model } = sampleProfile;
  const document: ResultDocument<"checkpoints"> = {
    ...sampleProfile,
    schema: "thalweg/checkpoints@1",
    config: { ...sampleProfile.config, weights },
    inputs: files,
    model: model && { ...model, weights: files[0] },
    sections: null,
    result: {
      checkpoints: files.map(({ path, sha256 }, i) => oneCheckpoint(path, { sha256, loss: 1 + i })),
      unmeasured: [],
      converged: true,
      products: 1,
    },
  };
  return named(document);
}

describe("comparing series of checkpoints", () => {
  it("knows each by its name in the series, wherever the series lies", () => {
    const { rows, alike, undecided, sameWeights } = compare([series("../a", "ab"), series("/runs/b", "ab")]);
    expect(rows.map(({ name }) => name)).toContain("checkpoints[step-1.safetensors].loss");
    expect({ alike, undecided, sameWeights }).toEqual({ alike: rows.length, undecided: 0, sameWeights: true });
  });

  it("calls their weights the same only where all files are, of which the first is one", () => {
    const same = (...of: readonly string[]) => compare(of.map((each, i) => series(`run-${i}`, each))).sameWeights;
    expect(same("ab", "ab")).toBe(true);
    expect(same("ab", "ba")).toBe(true);
    expect(same("ab", "ac")).toBe(false);
    expect(same("ab", "a")).toBe(false);
    const { recipe } = compare([series("a", "ab"), series("a", "ac")]);
    expect(recipe.map(({ name }) => name)).toEqual(["weights file"]);
    // Where the hashes of the others are not known, nothing is.
    const old = series("a", "ab");
    const silent = { ...old, document: { ...old.document, inputs: undefined } };
    expect(compare([silent, silent]).sameWeights).toBe(false);
  });
});

describe("comparing results", () => {
  it("finds a result alike with itself, but for what has no errors to tell", () => {
    const { rows, different, alike, undecided, sameWeights } = compare([base, base]);
    expect({ different, sameWeights }).toEqual({ different: 0, sameWeights: true });
    expect(alike + undecided).toBe(rows.length);
    expect(rows.find(({ name }) => name === "hessian.top[0]")).toMatchObject({ different: false, ratio: 1 });
    for (const { why } of rows.filter((row) => row.different === null)) expect(why).toMatch(/bound/);
  });

  it("has a row for each number of any of them, in the order of the result", () => {
    const { rows } = compare([measured({ noise: null }), base]);
    const names = rows.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.indexOf("noise.trace")).toBeGreaterThan(names.indexOf("stability.limits[Gradient descent].stepSize"));
    expect(names.indexOf("noise.trace")).toBeGreaterThan(names.indexOf("layers[fc2].trace"));
    expect(names.indexOf("noise.trace")).toBeLessThan(names.indexOf("units[relu1].dead"));
    expect(rows.find(({ name }) => name === "noise.trace")).toMatchObject({
      values: [null, 0.198],
      different: null,
      why: "not measured in A",
    });
    const sections = sampleProfile.result.sections.map((section) =>
      section.instrument === "noise"
        ? { ...section, status: "skipped" as const, reason: "One example has no gradient noise." }
        : section,
    );
    expect(
      compare([base, measured({ noise: null, sections })]).rows.find(({ name }) => name === "noise.trace"),
    ).toMatchObject({
      why: "not measured in B: one example has no gradient noise",
    });
  });

  it("of three tells any two apart, with the ratio of last to first", () => {
    const { hessian } = sampleProfile.result;
    const steeper = measured({
      hessian: { ...hessian, top: (hessian.top ?? []).map(({ value }) => ({ value: 2 * value, residual: 1e-5 })) },
    });
    const row = compare([base, base, steeper]).rows.find(({ name }) => name === "hessian.top[0]");
    expect(row).toMatchObject({ different: true, ratio: 2 });
    expect(row?.pairs.map(({ of, different }) => [...of, different])).toEqual([
      [0, 1, false],
      [0, 2, true],
      [1, 2, true],
    ]);
  });

  it("counts what rests on samples, and says how many come out different by chance", () => {
    const { chance, rows } = compare([base, changed({ seed: 8 })]);
    expect(chance.comparisons).toBe(rows.flatMap(({ pairs }) => pairs).filter(({ sampled }) => sampled).length);
    expect(chance.comparisons).toBeGreaterThan(5);
    expect(chance.expected).toBeCloseTo(0.05 * chance.comparisons, 12);
  });

  it("tells nothing of a section that has not converged, nor of a run whose check failed", () => {
    const sections = sampleProfile.result.sections.map((section) =>
      section.instrument === "gauss-newton"
        ? { ...section, status: "not-converged" as const, reason: "Its time was spent." }
        : section,
    );
    const top = [{ value: 90, residual: 0.001 }];
    const late = measured({ sections, gaussNewton: { top, trace: sampleProfile.result.gaussNewton?.trace ?? null } });
    expect(compare([base, late]).rows.find(({ name }) => name === "gaussNewton.top[0]")).toMatchObject({
      different: null,
      why: "in B, its section has not converged: its time was spent",
    });
    const checks = sampleProfile.checks.map((check, i) => (i === 0 ? { ...check, passed: false } : check));
    const { different, undecided, rows } = compare([
      base,
      changed({ checks, result: { ...sampleProfile.result, loss: 9 } }),
    ]);
    expect(different).toBe(0);
    expect(undecided).toBe(rows.length);
    expect(rows[0].why).toMatch(/in B, a check of the derivatives failed/);
  });

  it("says what differs in the recipe, and not what has no part in a number", () => {
    const { recipe, sameWeights } = compare([
      changed({ config: { seed: 7, out: "a", top: 5 } }),
      changed({
        config: { seed: 8, out: "b", top: 5, rho: 0.1 },
        precision: "float64",
        model: sampleProfile.model && { ...sampleProfile.model, weights: { path: "w", sha256: "ab" } },
      }),
    ]);
    expect(recipe).toEqual([
      { name: "--seed", values: [7, 8] },
      { name: "--rho", values: [null, 0.1] },
      { name: "weights file", values: [null, "ab"] },
      { name: "precision", values: ["float32", "float64"] },
    ]);
    expect(sameWeights).toBe(false);
  });
});

describe("what is not comparable", () => {
  const { model, data, loss } = sampleProfile;
  if (!model || !data || !loss) throw new Error("the sample has a model, data and a loss");
  const [first, ...others] = model.tensors;

  const CASES: readonly (readonly [string, Partial<Profile>, RegExp])[] = [
    [
      "other data",
      { data: { ...data, sha256: "ff" } },
      /other data|different data: digits \(aa11bb22…\) in A, digits \(ff…\) in B/,
    ],
    ["fewer examples", { data: { ...data, examples: 100 } }, /numbers of examples \(--limit\): 1797 in A, 100 in B/],
    ["another loss", { loss: { ...loss, name: "mse" } }, /losses differ: cross-entropy in A, mse in B/],
    [
      "another option of the loss",
      { loss: { ...loss, title: "Huber (δ = 0.5)" } },
      /--loss-option\): .* in A, Huber \(δ = 0\.5\) in B/,
    ],
    ["another reduction", { loss: { ...loss, reduction: "sum" } }, /--reduction\): mean in A, sum in B/],
    ["another L2 term", { loss: { ...loss, l2: 0.1 } }, /--l2\): 0 in A, 0\.1 in B/],
    ["another output", { config: { output: "probs" } }, /--output\): not given in A, "probs" in B/],
    ["statistics of batches", { config: { bn: "training" } }, /--bn\)/],
    ["a frozen part", { config: { freeze: ["relu1"] } }, /--freeze\)/],
    [
      "other shapes",
      { model: { ...model, tensors: [{ ...first, shape: [4, 2] }, ...others] } },
      /"fc1\.weight" of shape \[8\] is in A alone, "fc1\.weight" of shape \[4, 2\] in B alone/,
    ],
    [
      "fewer parameters",
      { model: { ...model, parameters: 8, tensors: [first] } },
      /4810 in 6 tensors in A, 8 in 1 tensor in B/,
    ],
  ];

  it.each(CASES)("is refused with the reason, and compared with --force: %s", (_, change, reason) => {
    expect(() => compare([base, changed(change)])).toThrow(reason);
    const { forced, rows } = compare([base, changed(change)], true);
    expect(forced.join(". ")).toMatch(reason);
    expect(rows.length).toBeGreaterThan(10);
  });

  it("the axis of the classes matters only where both say it", () => {
    expect(() => compare([base, changed({ config: { classAxis: 1 } })])).not.toThrow();
    expect(() => compare([changed({ config: { classAxis: 2 } }), changed({ config: { classAxis: 1 } })])).toThrow(
      /--class-axis\): 2 in A, 1 in B/,
    );
  });

  it("of other networks, --force shows what both have", () => {
    const layers = (sampleProfile.result.layers ?? []).map((layer) => ({ ...layer, name: `other.${layer.name}` }));
    const other = changed({ model: { ...model, tensors: [first] }, result: { ...sampleProfile.result, layers } });
    const names = compare([base, other], true).rows.map(({ name }) => name);
    expect(names).toContain("loss");
    expect(names.filter((name) => name.startsWith("layers"))).toEqual([]);
  });

  it("one result, results of two kinds, and results without numbers are refused, --force or not", () => {
    expect(() => compare([base], true)).toThrow(/One result alone/);
    const check: ResultDocument = {
      ...sampleProfile,
      schema: "thalweg/check@1",
      result: { passed: true, checks: [], caveats: [] },
    };
    expect(() => compare([base, named(check)], true)).toThrow(/kind "profile", run of the kind "check"/);
    expect(() => compare([named(check), named(check)], true)).toThrow(/no measured numbers/);
  });
});
