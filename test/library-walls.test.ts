import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-web";
import { afterAll, describe, expect, it } from "vitest";
import * as library from "../src/index.ts";
import { assetPath } from "../src/io/asset-path.ts";
import { ThalwegError } from "../src/util/thalweg-error.ts";
import * as web from "../src/web.ts";

/*
 * What a program without types may pass to the functions of the library: anything. Whatever a function does not take is
 * refused in words, with what to do; nothing is computed from it, and nothing fails on the way.
 */

const WRONG = {
  undefined: undefined,
  null: null,
  text: "nope",
  NaN: Number.NaN,
  half: 0.5,
  negative: -1,
  "empty list": [],
  "list of null": [null],
  object: {},
  "empty vector": new Float64Array(0),
  "NaN in a vector": Float64Array.of(Number.NaN),
  map: new Map(),
  "map of null": new Map([["x", null]]),
  function: () => 0,
};
type Wrong = keyof typeof WRONG;

/** An argument that a function takes, and what of the above it takes too. */
type Argument = readonly [valid: unknown, ...takes: Wrong[]];

interface Callable {
  readonly call: (...given: never[]) => unknown;
  readonly takes: readonly Argument[];
}

const number = ["half", "negative"] as const;
const options = ["undefined", "object"] as const;

const MODEL = assetPath("digits.onnx");
const RESULT = "test/fixtures/results-0.1.0/profile-digits.json";
const folder = mkdtempSync(join(tmpdir(), "walls-"));
const A = library.diagonalOperator(Float64Array.of(1, 2, 3));
const { measure } = await library.spectralDensity(A);
const vector = Float64Array.of(1, 2, 3);
const target = { precision: "float32", portable: true } as const;
const bytes = readFileSync(MODEL);
const decoded = web.decodeModel(bytes, { file: "digits.onnx" });
const graph = new web.Graph();
const x = graph.input("x", "float32", []);
const two = web.hessianVector(x, [x], [x]);
const runtime = web.webRuntime(ort, { threads: 1 });
const result = library.readResult(RESULT);
const data = { data: "digits", limit: 10, threads: 1 };

const problem = await library.load(MODEL, data);
const { point, space } = problem;
const theta = point.parameters;
const drawing = await library.figures(result);

const made: Record<string, new (...given: never[]) => unknown> = { ParameterSpace: library.ParameterSpace };

async function first(...given: readonly unknown[]): Promise<unknown> {
  for await (const each of Reflect.apply(library.checkpoints, undefined, given)) return each;
  return undefined;
}

/** Every function that a program can call, by name. */
const NODE: Record<string, Callable> = {
  decodeResult: { call: library.decodeResult, takes: [[readFileSync(RESULT, "utf8")]] },
  encodeResult: { call: library.encodeResult, takes: [[result]] },
  resultJsonSchema: { call: library.resultJsonSchema, takes: [["profile"]] },
  diagonal: { call: library.diagonal, takes: [[A], [{}, ...options]] },
  eigenvalues: { call: library.eigenvalues, takes: [[A], [{}, ...options]] },
  frobeniusNorm: { call: library.frobeniusNorm, takes: [[A], [{}, ...options]] },
  lanczos: { call: library.lanczos, takes: [[A], [{}, ...options]] },
  solve: { call: library.solve, takes: [[A], [vector], [{}, ...options]] },
  spectralDensity: { call: library.spectralDensity, takes: [[A], [{}, ...options]] },
  exactSpectrum: { call: library.exactSpectrum, takes: [[A], [{}, ...options]] },
  shareBelow: { call: library.shareBelow, takes: [[measure], [1, ...number], [{}, ...options]] },
  traceOfFunction: {
    call: library.traceOfFunction,
    takes: [[measure], [Math.abs, "function"], [{}, ...options]],
  },
  trace: { call: library.trace, takes: [[A], [{}, ...options]] },
  hessian: { call: library.hessian, takes: [[problem], [{}, ...options]] },
  gaussNewton: { call: library.gaussNewton, takes: [[problem], [{}, ...options]] },
  fisher: { call: library.fisher, takes: [[problem], [{}, ...options]] },
  empiricalFisher: { call: library.empiricalFisher, takes: [[problem], [{}, ...options]] },
  empiricalFisherOfTerms: { call: library.empiricalFisherOfTerms, takes: [[problem], [{}, ...options]] },
  jacobian: { call: library.jacobian, takes: [[problem], [{}, ...options]] },
  gaussNewtonDiagonal: { call: library.gaussNewtonDiagonal, takes: [[problem], [{}, ...options]] },
  kfac: { call: library.kfac, takes: [[problem], [{}, ...options]] },
  ekfac: { call: library.ekfac, takes: [[problem], [{}, ...options]] },
  monteCarloFisher: { call: library.monteCarloFisher, takes: [[problem], [{}, ...options]] },
  inverse: { call: library.inverse, takes: [[A], [{}, ...options]] },
  gradient: { call: library.gradient, takes: [[problem], [{}, ...options]] },
  checkpoints: { call: first, takes: [[MODEL], [["nope"], "empty list"], [data]] },
  load: { call: library.load, takes: [[MODEL], [data]] },
  loadProblem: { call: library.loadProblem, takes: [[MODEL], [data]] },
  saveWeights: {
    call: library.saveWeights,
    takes: [[join(folder, "w.safetensors"), "text"], [problem], [theta]],
  },
  measured: { call: library.measured, takes: [[result.result]] },
  profile: { call: library.profile, takes: [[problem], [{ only: "loss" }, ...options], [{}, ...options]] },
  readResult: { call: library.readResult, takes: [[RESULT]] },
  writeReport: { call: library.writeReport, takes: [[join(folder, "r.html"), "text"], [result]] },
  figures: { call: library.figures, takes: [[result]] },
  renderFigure: { call: library.renderFigure, takes: [[drawing.figures[0]], [{}, ...options]] },
  renderReport: { call: library.renderReport, takes: [[result]] },
  scaleOperator: { call: library.scaleOperator, takes: [[A], [2, ...number]] },
  shiftOperator: { call: library.shiftOperator, takes: [[A], [2, ...number]] },
  subBlockOperator: {
    call: library.subBlockOperator,
    takes: [[A], [[{ offset: 0, length: 2 }]], ["block", "undefined", "text"]],
  },
  sumOperator: { call: library.sumOperator, takes: [[[A, A]]] },
  denseOperator: { call: library.denseOperator, takes: [[new Float64Array(4)], [2], ["A", "undefined", "text"]] },
  diagonalOperator: {
    call: library.diagonalOperator,
    takes: [
      [vector, "NaN in a vector"],
      ["A", "undefined", "text"],
    ],
  },
  createRandom: { call: library.createRandom, takes: [[1, ...number]] },
  ParameterSpace: {
    call: (...given) => Reflect.construct(made.ParameterSpace, given),
    takes: [[[{ name: "w", shape: [2] }], "empty list"]],
  },
};

/** Of what those give. */
const MEMBERS: Record<string, Callable> = {
  "problem.at": { call: problem.at.bind(problem), takes: [[theta], [{}, ...options]] },
  "point.jacobianVector": { call: point.jacobianVector.bind(point), takes: [[theta]] },
  "point.exampleDerivatives": { call: point.exampleDerivatives.bind(point), takes: [[theta]] },
  "point.jacobianTransposed": { call: point.jacobianTransposed.bind(point), takes: [[new Float64Array(100)]] },
  "point.weightedGradient": { call: point.weightedGradient.bind(point), takes: [[new Float64Array(10)]] },
  "space.named": { call: space.named.bind(space), takes: [[theta]] },
  "space.flatten": { call: space.flatten.bind(space), takes: [[space.named(theta)]] },
  "random.integer": { call: library.createRandom(0).integer, takes: [[3]] },
  "random.normalVector": { call: library.createRandom(0).normalVector, takes: [[3]] },
  "random.rademacherVector": { call: library.createRandom(0).rademacherVector, takes: [[3]] },
  "random.permutation": { call: library.createRandom(0).permutation, takes: [[3]] },
  "random.split": { call: library.createRandom(0).split, takes: [["a", "text"]] },
  "apply of a diagonal": { call: A.apply, takes: [[[vector], "empty list"]] },
  "apply of a matrix": {
    call: library.denseOperator(new Float64Array(9), 3).apply,
    takes: [[[vector], "empty list"]],
  },
  "apply of a sum": { call: library.sumOperator([A, A]).apply, takes: [[[vector], "empty list"]] },
  "apply of a sub-block": {
    call: library.subBlockOperator(A, [{ offset: 0, length: 3 }]).apply,
    takes: [[[vector], "empty list"]],
  },
  "apply of a Hessian": { call: library.hessian(problem).apply, takes: [[[theta], "empty list"]] },
};

const WEB: Record<string, Callable> = {
  decodeModel: { call: web.decodeModel, takes: [[bytes], [{ file: "digits.onnx" }]] },
  emitModel: { call: web.emitModel, takes: [[new Map([["y", x]])], [target], ["", "undefined", "text"]] },
  gradient: { call: web.gradient, takes: [[x], [[x], "empty list"]] },
  hessianVector: { call: web.hessianVector, takes: [[x], [[x]], [two]] },
  importGraph: {
    call: web.importGraph,
    takes: [[decoded], [new web.Graph()], [{ precision: "float32", batch: 2 }]],
  },
  lowerGraph: { call: web.lowerGraph, takes: [[[x], "empty list"], [target], [{}, ...options]] },
  pullback: { call: web.pullback, takes: [[[x]], [[x]], [[x], "empty list"]] },
  pushforward: { call: web.pushforward, takes: [[[x], "empty list"], [[x]], [[x]]] },
  sandwich: { call: web.sandwich, takes: [[x], [[x]], [[x]], [(tangent: unknown) => tangent]] },
  tensor: { call: web.tensor, takes: [["float64"], [[3]], [vector]] },
  vectorize: {
    call: web.vectorize,
    takes: [[[x], "empty list"], [new Map([[x, graph.input("block", "float32", [2])]]), "map"], [2]],
  },
  proveRuntime: {
    call: web.proveRuntime,
    takes: [
      [new Map([["y", x]])],
      [new Map([["x", web.tensor("float32", [], new Float32Array(1))]])],
      [runtime],
      [runtime],
      ["float32"],
      [1e-4, "undefined", "half"],
    ],
  },
  webRuntime: { call: web.webRuntime, takes: [[ort], [{ threads: 1 }]] },
  "graph.input": {
    call: graph.input.bind(graph),
    takes: [["y", "text"], ["float32"], [[2], "empty list"]],
  },
  "graph.constant": { call: graph.constant.bind(graph), takes: [[web.tensor("float64", [3], vector)]] },
};

afterAll(() => problem.close());

function exported(module: object): string[] {
  return Object.entries(module).flatMap(([name, value]) =>
    typeof value === "function" && name !== "ThalwegError" ? [name] : [],
  );
}

/** What a call throws, at once or later. */
async function thrownBy(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

it("a function that has no value at an eigenvalue has no trace", () => {
  expect(() => library.traceOfFunction(measure, (x) => Math.log(x - 1))).toThrow(/is -Infinity at 1\./);
});

describe("an argument that a function does not take", () => {
  it("is tried on every function of the library", () => {
    // A problem and its points come from `load`; their functions are among the members.
    expect([...Object.keys(NODE), "Point", "Problem"].sort()).toEqual(exported(library).sort());
    expect(Object.keys({ ...NODE, ...WEB, Graph: true })).toEqual(expect.arrayContaining(exported(web)));
  });

  it.each(
    Object.entries({
      ...NODE,
      ...MEMBERS,
      ...Object.fromEntries(Object.entries(WEB).map(([k, v]) => [`web ${k}`, v])),
    }),
  )("%s", async (_name, { call, takes }) => {
    for (const [place, [, ...taken]] of takes.entries()) {
      for (const [wrong, value] of Object.entries(WRONG)) {
        if (taken.some((each) => each === wrong)) continue;
        const given = takes.map(([valid], i) => (i === place ? value : valid));
        const error = await thrownBy(() => Reflect.apply(call, undefined, given));
        expect(error, `${wrong} as argument ${place}`).toBeInstanceOf(ThalwegError);
        if (!(error instanceof ThalwegError)) continue;
        expect(error.message).toMatch(/^\S.*[^.]\.$/s);
        expect(error.message).not.toMatch(/\[object|Cannot read|is not a function|is not iterable/);
        expect(error.hint, error.message).toMatch(/\S/);
      }
    }
  });
});
