import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { NamedArrays } from "../result/named-arrays.ts";
import { real } from "../result/real.ts";
import { bench } from "../experiments/bench.ts";
import { kindsOf } from "./kinds-of.ts";
import {
  decodeResult,
  DOCUMENT_KINDS,
  type DocumentKind,
  encodeResult,
  resultJsonSchema,
  type ResultDocument,
} from "./result-kinds.ts";

const KINDS = Object.keys(DOCUMENT_KINDS).filter((kind): kind is DocumentKind => kind in DOCUMENT_KINDS);

const applied = (norm: number): ResultDocument<"apply"> => ({
  schema: "thalweg/apply@1",
  thalweg: "0.1.0",
  createdAt: "2026-01-02T03:04:05.678Z",
  command: ["apply", "model.onnx"],
  config: { operator: "hessian", weights: null },
  seed: 0,
  model: {
    path: "model.onnx",
    sha256: "00",
    externalData: null,
    weights: null,
    parameters: 6,
    tensors: [{ name: "w", label: null, shape: [2, 3], parameters: 6 }],
    heldConstant: null,
  },
  data: null,
  loss: null,
  precision: "float64",
  runtime: null,
  checks: [],
  warnings: [],
  sections: null,
  result: {
    operator: "hessian",
    vector: "v.npz",
    output: null,
    dimension: 6,
    products: 1,
    vectorNorm: 1,
    norm,
    quadraticForm: -0.1,
    remark: null,
  },
});

describe("real", () => {
  it("keeps every number, finite or not, through JSON", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const text = JSON.stringify(z.encode(real, value));
        const back = z.decode(
          real,
          z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]).parse(JSON.parse(text)),
        );
        expect(back).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it("takes no other spelling", () => {
    for (const other of ["nan", "inf", "", null, "1"]) expect(real.safeParse(other).success).toBe(false);
  });
});

describe("result documents", () => {
  it("hold null where there was no vector; NaN, as 0.1.0 wrote it, is still read", () => {
    const document = applied(1);
    const none = { ...document, result: { ...document.result, vector: "none", vectorNorm: null, quadraticForm: null } };
    const text = encodeResult(none);
    expect(text).toMatch(/"vectorNorm": null/);
    expect(decodeResult(text)).toEqual(none);
    const old = text.replace('"vectorNorm": null', '"vectorNorm": "NaN"');
    expect(decodeResult(old)).toMatchObject({ result: { vectorNorm: Number.NaN, quadraticForm: null } });
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "come back as they were written: %s",
    (norm) => {
      const text = encodeResult(applied(norm));
      expect(text).not.toMatch(/\bnull,?\n\s*"quadraticForm"/);
      expect(decodeResult(text)).toEqual(applied(norm));
      expect(encodeResult(decodeResult(text))).toBe(text);
    },
  );

  it("are refused with the place of the first fault", () => {
    expect(() => decodeResult("{")).toThrow(/not JSON/);
    expect(() => decodeResult('{"schema":"thalweg/profile@9"}')).toThrow(/not a result/);
    const broken = encodeResult(applied(1)).replace('"products": 1', '"products": "one"');
    expect(() => decodeResult(broken)).toThrow(/result\.products/);
  });

  it("of no run are written, and are no results to read", () => {
    const text = encodeResult({
      schema: "thalweg/plan@1",
      msPerProduct: 1.5,
      products: 10,
      tasks: 1,
      noun: "instrument",
      opening: 0,
      checks: 0,
      checkBytes: 0,
      programs: 0,
      seconds: 0.015,
      bytes: 3e8,
      instruments: [
        {
          name: "trace",
          title: "Trace",
          products: 10,
          work: { products: 10 },
          seconds: 0.015,
          bytes: 1e6,
          skipped: null,
        },
      ],
    });
    expect(DOCUMENT_KINDS.plan.safeParse(JSON.parse(text)).success).toBe(true);
    expect(() => decodeResult(text)).toThrow(/not a result/);
  });

  it.each(KINDS)("%s has a JSON Schema", (kind) => {
    const schema = JSON.stringify(resultJsonSchema(kind));
    expect(schema).toContain(`thalweg/${kind}@1`);
    expect(schema).toContain("json-schema.org");
  });
});

describe("named arrays", () => {
  it("gives references and refuses a name twice", () => {
    const arrays = new NamedArrays();
    const tensor = { dtype: "float64", shape: [2], data: Float64Array.of(1, 2) } as const;
    expect(arrays.keep("a", tensor)).toEqual({ array: "a", dtype: "float64", shape: [2] });
    expect(() => arrays.keep("a", tensor)).toThrow(/called "a"/);
    expect([...arrays.entries().keys()]).toEqual(["a"]);
  });
});

it("no two experiments write documents of one kind, and none of a kind that is no result", () => {
  const other = { ...bench, name: "other" };
  expect(Object.keys(kindsOf([bench], ["plan"]))).toEqual(["bench"]);
  expect(() => kindsOf([bench, other], [])).toThrow(/^Two kinds of documents are called "bench"/);
  expect(() => kindsOf([{ ...bench, document: "plan" }], ["plan"])).toThrow(
    /^Two kinds of documents are called "plan"/,
  );
});
