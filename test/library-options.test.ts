import { readFileSync } from "node:fs";
import { beforeAll, afterAll, describe, expect, it } from "vitest";
import * as library from "../src/index.ts";
import { assetPath } from "../src/io/asset-path.ts";
import { ThalwegError } from "../src/util/thalweg-error.ts";

/*
 * What a program without types may pass: names that there are not, and values that are none. Nothing is ignored.
 */

const MODEL = assetPath("digits.onnx");
const A = library.diagonalOperator(Float64Array.of(1, 2, 3));
const { measure } = await library.spectralDensity(A);
const figure = { spec: { data: { values: [] }, mark: "point" } };

let problem: library.Problem;
beforeAll(async () => {
  problem = await library.load(MODEL, { data: "digits", limit: 10, threads: 1 });
});
afterAll(() => problem.close());

type Call = (options: object) => unknown;

async function firstOf(model: string, files: string[], options: object) {
  for await (const each of Reflect.apply(library.checkpoints, undefined, [model, files, options])) return each;
  return undefined;
}

/** Any function, with what its types would not let pass. */
function call(run: (...given: never[]) => unknown, ...given: unknown[]): unknown {
  return Reflect.apply(run, undefined, given);
}

/** Every function of the library that takes options, by the name that an error gives it. */
const CALLS: Readonly<Record<string, Call>> = {
  load: (options) => call(library.load, MODEL, { data: "digits", ...options }),
  loadProblem: (options) => call(library.loadProblem, MODEL, { data: "digits", ...options }),
  checkpoints: (options) => firstOf(MODEL, ["weights.safetensors"], { data: "digits", ...options }),
  hessian: (options) => call(library.hessian, problem, options),
  gaussNewton: (options) => call(library.gaussNewton, problem, options),
  fisher: (options) => call(library.fisher, problem, options),
  empiricalFisher: (options) => call(library.empiricalFisher, problem, options),
  empiricalFisherOfTerms: (options) => call(library.empiricalFisherOfTerms, problem, options),
  jacobian: (options) => call(library.jacobian, problem, options),
  gaussNewtonDiagonal: (options) => call(library.gaussNewtonDiagonal, problem, options),
  kfac: (options) => call(library.kfac, problem, options),
  ekfac: (options) => call(library.ekfac, problem, options),
  monteCarloFisher: (options) => call(library.monteCarloFisher, problem, options),
  inverse: (options) => call(library.inverse, A, options),
  gradient: (options) => call(library.gradient, problem, options),
  eigenvalues: (options) => call(library.eigenvalues, A, options),
  lanczos: (options) => call(library.lanczos, A, options),
  spectralDensity: (options) => call(library.spectralDensity, A, options),
  exactSpectrum: (options) => call(library.exactSpectrum, A, options),
  shareBelow: (options) => call(library.shareBelow, measure, 1, options),
  traceOfFunction: (options) => call(library.traceOfFunction, measure, Math.abs, options),
  trace: (options) => call(library.trace, A, options),
  frobeniusNorm: (options) => call(library.frobeniusNorm, A, options),
  diagonal: (options) => call(library.diagonal, A, options),
  solve: (options) => call(library.solve, A, Float64Array.of(1, 1, 1), options),
  profile: (options) => call(library.profile, problem, options),
  renderFigure: (options) => call(library.renderFigure, figure, options),
};

/** Those that take none. */
const WITHOUT = ["measured", "readResult", "writeReport", "figures", "renderReport", "saveWeights"];

async function refusalOf(run: () => unknown): Promise<ThalwegError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ThalwegError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("an option that there is not", () => {
  it("is looked for in every function of the library", () => {
    const source = readFileSync(new URL("../src/index.ts", import.meta.url), "utf8");
    const names = [...source.matchAll(/export \{([^}]*)\} from ".\/library\//g)].flatMap(([, list]) =>
      list.split(",").flatMap((each) => (/^\s*(?:type\b.*)?$/.test(each) ? [] : [each.trim()])),
    );
    expect([...Object.keys(CALLS), ...WITHOUT].sort()).toEqual(names.sort());
  });

  it.each(Object.entries(CALLS))("is refused by %s", async (name, run) => {
    const error = await refusalOf(() => run({ progres: 1 }));
    expect(error).toMatchObject({ kind: "usage", code: "unknown-option", where: { option: "progres" } });
    expect(error.message).toMatch(new RegExp(`\\b${name} has no option "progres"\\.$`));
    expect(error.hint).toMatch(/^(Did you mean|Its options are) .*[.?]$/);
  });

  it.each<[string, () => unknown, string, string]>([
    ["data", () => CALLS["load"]({ dta: "x.npz" }), "dta", "data"],
    ["batchSize", () => CALLS["load"]({ "batch-size": 4 }), "batch-size", "batchSize"],
    ["lossOption", () => CALLS["load"]({ lossOptions: ["delta=2"] }), "lossOptions", "lossOption"],
    ["largest", () => CALLS["eigenvalues"]({ largst: 2 }), "largst", "largest"],
    ["densitySteps", () => CALLS["profile"]({ densitySteps_: 2 }), "densitySteps_", "densitySteps"],
    ["seed", () => call(library.profile, problem, {}, { sed: 1 }), "sed", "seed"],
    ["signal", () => CALLS["hessian"]({ sigal: null }), "sigal", "signal"],
    ["signal of a context", () => CALLS["trace"]({ context: { signl: null } }), "signl", "signal"],
    [
      "examples",
      () => problem.at(problem.point.parameters, Object.fromEntries([["exmples", null]])),
      "exmples",
      "examples",
    ],
  ])("is told what was meant: %s", async (_what, run, option, meant) => {
    const error = await refusalOf(run);
    expect(error).toMatchObject({ code: "unknown-option", where: { option } });
    expect(error.hint).toMatch(new RegExp(`^Did you mean .*\\b${meant}\\b`));
  });
});

describe("a value that an option does not take", () => {
  it.each<[string, () => unknown, string, RegExp]>([
    ["a size in words", () => CALLS["load"]({ batchSize: "many" }), "batchSize", /is "many"; it must be a number/],
    ["half a batch", () => CALLS["load"]({ batchSize: 1.5 }), "batchSize", /is 1.5; it must be a whole number/],
    ["no threads", () => CALLS["load"]({ threads: 0 }), "threads", /is 0; it must be at least 1/],
    ["too many threads", () => CALLS["load"]({ threads: 5000 }), "threads", /is 5000; it must be at most 256/],
    ["one of a list", () => CALLS["load"]({ params: "layer.*" }), "params", /is "layer.\*"; it must be a list/],
    [
      "a number in a list",
      () => CALLS["load"]({ params: ["a", 1] }),
      "params",
      /is \["a", 1\]; it must be a string \(at 1\)/,
    ],
    [
      "another device",
      () => CALLS["load"]({ device: "gpu" }),
      "device",
      /is "gpu"; it must be one of cpu, cuda, webgpu/,
    ],
    ["a misspelt loss", () => CALLS["load"]({ loss: "cross-entropie" }), "loss", /it must be one of cross-entropy/],
    [
      "half an eigenvalue",
      () => CALLS["eigenvalues"]({ largest: 0.5 }),
      "largest",
      /is 0.5; it must be a whole number of/,
    ],
    [
      "no number",
      () => CALLS["trace"]({ tolerance: Number.NaN }),
      "tolerance",
      /is NaN; it must be a number that is not/,
    ],
    ["certainty", () => CALLS["trace"]({ confidence: 1 }), "confidence", /is 1; it must be less than 1/],
    ["another method", () => CALLS["solve"]({ method: "lu" }), "method", /is "lu"; it must be one of minres/],
    [
      "a list of eigenpairs",
      () => CALLS["spectralDensity"]({ known: [{ value: 1, vector: [1] }] }),
      "known",
      /is \[an object\]; it must be a Float64Array \(at 0.vector\)/,
    ],
    ["an instrument's", () => CALLS["profile"]({ top: -1 }), "top", /of profile is -1; it must be at least/],
    [
      "no function",
      () => CALLS["gradient"]({ progress: 3 }),
      "progress",
      /the context of gradient is 3; it must be a function/,
    ],
    ["no context", () => CALLS["trace"]({ context: 3 }), "context", /is 3; it must be an object/],
    [
      "a colour",
      () => CALLS["renderFigure"]({ theme: "drak" }),
      "theme",
      /is "drak"; it must be one of light, dark, page/,
    ],
    [
      "indices as a list",
      () => problem.at(problem.point.parameters, Object.fromEntries([["examples", [1, 2]]])),
      "examples",
      /is \[1, 2\]; it must be an Int32Array/,
    ],
  ])("%s", async (_what, run, option, message) => {
    const error = await refusalOf(run);
    expect(error).toMatchObject({ kind: "usage", code: "bad-option", where: { option } });
    expect(error.message).toMatch(message);
  });

  it("is told what was meant, where that is near", async () => {
    const error = await refusalOf(() => CALLS["load"]({ loss: "cross-entropie" }));
    expect(error.hint).toBe("Did you mean cross-entropy?");
  });

  it("as options that are none are refused, and those that count without end are not", async () => {
    for (const none of [null, 3, ["data"]])
      expect(await refusalOf(() => call(library.load, MODEL, none))).toMatchObject({ code: "bad-option" });
    expect((await library.eigenvalues(A, { largest: Number.POSITIVE_INFINITY })).top).toHaveLength(3);
    expect((await library.lanczos(A, { steps: 2, maxProducts: Number.POSITIVE_INFINITY })).values).toHaveLength(2);
    const signal = new AbortController().signal;
    expect((await library.trace(A, { seed: 4, context: { signal, progress: () => undefined } })).value).toBe(6);
  });
});
