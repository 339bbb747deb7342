import { z } from "zod";
import { describe, expect, it } from "vitest";
import { sampleProfile } from "../../test/sample-profile.ts";
import { namedResult } from "../documents/named-result.ts";
import type { ResultDocument } from "../documents/result-kinds.ts";
import type { NamedResult } from "./compare-results.ts";
import { judgeRepetition } from "./judge-repetition.ts";

type Profile = ResultDocument<"profile">;

const named = (document: ResultDocument): NamedResult => namedResult("run", "00", document);
const base = named(sampleProfile);
const judged = (now: NamedResult, before = base, findsTimes = false) =>
  judgeRepetition(before, now, { ignored: new Set(["out"]), findsTimes });

/** The sample with another trace of H, made by whatever made it. */
function withTrace(
  of: (trace: NonNullable<Profile["result"]["hessian"]["trace"]>) => object,
  made: Partial<Profile> = {},
): NamedResult {
  const document = structuredClone(sampleProfile);
  const { trace } = document.result.hessian;
  if (trace === null) throw new Error("The sample has a trace.");
  Object.assign(trace, of(trace));
  return named({ ...document, ...made });
}

/** So far away that sampling explains it, and rounding does not. */
const halfAnError = ({ value, standardError }: { value: number; standardError: number }) => ({
  value: value + standardError / 2,
});

describe("a repetition", () => {
  it("of which every number came out again agrees", () => {
    const { shared, ...found } = judged(base);
    expect(shared).toBeGreaterThan(500);
    expect(found).toMatchObject({
      agree: true,
      sameSamples: true,
      changed: [],
      gone: [],
      unshared: [],
      differences: [],
      explained: 0,
      undecided: 0,
      recipe: [],
    });
  });

  it("that drew the same samples has no sampling error to explain a difference", () => {
    expect(judged(withTrace(halfAnError))).toMatchObject({
      agree: false,
      sameSamples: true,
      changed: ["hessian.trace.value"],
      differences: [{ name: "hessian.trace", before: 214.6 }],
    });
  });

  it.each<[string, Partial<Profile>]>([
    ["another seed", { seed: 8 }],
    ["another version", { thalweg: "0.0.9" }],
    ["a limited time", { config: { ...sampleProfile.config, time: "5s" } }],
  ])("may have drawn others with %s", (_, made) => {
    const [before, now] = [named({ ...sampleProfile, ...made }), withTrace(halfAnError)];
    expect(judged(now, before)).toMatchObject({ agree: true, sameSamples: false, explained: 1, differences: [] });
    // Not all is explained by them.
    const far = withTrace(({ value, standardError, interval: { lower, upper, confidence } }) => {
      const by = 10 * standardError;
      return { value: value + by, interval: { lower: lower + by, upper: upper + by, confidence } };
    });
    expect(judged(far, before)).toMatchObject({ agree: false, explained: 0 });
  });

  it("that took another count of products for a number rests on other samples there, and only there", () => {
    const recounted = withTrace((trace) => ({ ...halfAnError(trace), products: trace.products + 8 }));
    expect(judged(recounted)).toMatchObject({ agree: true, sameSamples: true, explained: 1 });
    const document = structuredClone(sampleProfile);
    const { trace, frobenius } = document.result.hessian;
    if (trace === null || frobenius === null) throw new Error("The sample has both.");
    frobenius.products += 8;
    Object.assign(trace, halfAnError(trace));
    expect(judged(named(document))).toMatchObject({ agree: false, differences: [{ name: "hessian.trace" }] });
  });

  it("may move a bounded number within its bounds", () => {
    const moved = (by: number) => {
      const document = structuredClone(sampleProfile);
      const [first] = document.result.hessian.top ?? [];
      first.value += by * first.residual;
      return named(document);
    };
    expect(judged(moved(0.5))).toMatchObject({ agree: true, explained: 1 });
    expect(judged(moved(5))).toMatchObject({ agree: false, differences: [{ name: "hessian.top[0]" }] });
  });

  it("that lacks numbers does not agree, unless it was made otherwise: then nobody can tell", () => {
    const now = (made: Partial<Profile>) =>
      named({ ...sampleProfile, ...made, result: { ...sampleProfile.result, noise: null } });
    const found = judged(now({}));
    expect(found).toMatchObject({ agree: false, changed: [] });
    expect(found.gone).toContain("noise.trace.value");
    expect(judged(now({ thalweg: "0.0.9" }))).toMatchObject({ agree: null });
    // What is new takes nothing away.
    expect(judged(base, now({}))).toMatchObject({ agree: true, gone: [] });
  });

  it("of which only numbers differ that no error goes with decides nothing", () => {
    const counted = withTrace(({ products }) => ({ products: products + 1 }));
    expect(judged(counted)).toMatchObject({ agree: null, changed: ["hessian.trace.products"], differences: [] });
    const of = (n: number): NamedResult => ({
      ...base,
      kind: "count",
      shape: z.object({ n: z.number() }),
      result: { n },
    });
    expect(judged(of(2), of(1))).toMatchObject({ agree: null, shared: 1, changed: ["n"] });
  });

  it("of a number that states no error says so", () => {
    const document = structuredClone(sampleProfile);
    document.result.loss += 1e-3;
    const { agree, undecided, unclear } = judged(named(document));
    expect({ agree, undecided }).toEqual({ agree: null, undecided: 1 });
    expect(unclear).toEqual([{ name: "loss", title: "Loss", why: expect.stringMatching(/./) }]);
    expect(unclear[0].why).not.toMatch(/\b[AB]\b/);
  });

  it("of times decides nothing, however far they are apart", () => {
    const far = withTrace(({ value }) => ({ value: 10 * value }));
    expect(judged(far)).toMatchObject({ agree: false });
    expect(judged(far, base, true)).toMatchObject({ agree: null });
    expect(judged(base, base, true)).toMatchObject({ agree: true });
  });

  it("says what differs in how it was made, and no flag that was asked for again", () => {
    const now = named({ ...sampleProfile, thalweg: "0.2.0", config: { ...sampleProfile.config, batchSize: 3 } });
    expect(judged(now).recipe).toEqual([{ name: "thalweg", before: "0.1.0", now: "0.2.0" }]);
  });

  it("of another kind is a fault of ours", () => {
    expect(() => judged({ ...base, kind: "bench" })).toThrow(expect.objectContaining({ code: "another-kind" }));
  });
});
