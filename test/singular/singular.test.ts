import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { gradient, hessianVector } from "../../src/autodiff/products.ts";
import { pushforward } from "../../src/autodiff/pushforward.ts";
import { Graph } from "../../src/graph/graph.ts";
import { decodeModel } from "../../src/onnx/decode-model.ts";
import { importGraph } from "../../src/onnx/import-graph.ts";
import type { FloatType, Tensor } from "../../src/util/tensor.ts";
import { inPrecision } from "../support/op-case.ts";
import { expectClose } from "../support/numbers.ts";
import { evaluate } from "../support/run-values.ts";

type Written = number | string;

/** What generate.py wrote: an ONNX file of one expression in w, a point, and what PyTorch's float64 autograd says there. */
interface Row {
  readonly name: string;
  readonly shape: readonly number[];
  readonly w: readonly Written[];
  readonly v: readonly Written[];
  readonly loss: Written;
  readonly gradient: readonly Written[];
  readonly product: readonly Written[];
  readonly model: string;
}

const TABLE: readonly Row[] = JSON.parse(readFileSync(new URL("table.json", import.meta.url), "utf8"));

const NUMBERS: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };
const number = (x: Written): number => (typeof x === "number" ? x : NUMBERS[x]);

/** L, ∇L, H v, and ⟨∇L, v⟩ by the forward mode alone. */
async function measure(row: Row, precision: FloatType, simplify: boolean): Promise<Map<string, Tensor>> {
  const model = decodeModel(Uint8Array.from(Buffer.from(row.model, "base64")), { file: `${row.name}.onnx` });
  const graph = new Graph({ simplify });
  const imported = importGraph(model, graph, { precision, batch: row.shape[0] });
  const [loss] = imported.outputs.values();
  const w = graph.input("w", precision, row.shape);
  const v = graph.input("v", precision, row.shape);
  const outputs = new Map([
    ["loss", loss],
    ["gradient", gradient(loss, [w])[0]],
    ["product", hessianVector(loss, [w], [v])[0]],
    ["slope", pushforward([loss], [w], [v])[0]],
  ]);
  const point = (data: readonly Written[]): Tensor =>
    inPrecision({ dtype: "float64", shape: row.shape, data: Float64Array.from(data, number) }, precision);
  // Constants of the file that count as parameters.
  const constants = model.parameters
    .filter(({ name }) => imported.parameters.has(name))
    .map(({ name, shape, data }) => {
      const tensor: Tensor = { dtype: "float64", shape, data: Float64Array.from(data) };
      return [name, inPrecision(tensor, precision)] as const;
    });
  const feeds = new Map([["w", point(row.w)], ["v", point(row.v)], ...constants]);
  return evaluate(outputs, feeds, { precision, portable: false }, { simplify });
}

/**
 * Finite numbers agree; where PyTorch's are not finite, ours are not either. The forward mode, which PyTorch was not
 * asked for, is compared where its reverse mode is finite: a branch not taken has no tangent, so it may do better.
 */
function differences(measured: ReadonlyMap<string, Tensor>, row: Row, tolerance: number): string[] {
  const { loss, gradient: slopes, product } = row;
  const slope = slopes.reduce<number>((sum, g, i) => sum + number(g) * number(row.v[i]), 0);
  const isKnown = Number.isFinite(slope) && Number.isFinite(number(loss));
  const expected = { loss: [loss], gradient: slopes, product, slope: isKnown ? [slope] : [] };
  return Object.entries(expected).flatMap(([name, numbers]) => {
    const data = measured.get(name)?.data ?? [];
    const size = Math.max(...numbers.map((each) => Math.abs(number(each))).filter(Number.isFinite), 1);
    return numbers.flatMap((each, i) => {
      const right = number(each);
      const fits = Number.isFinite(right) ? Math.abs(data[i] - right) <= tolerance * size : !Number.isFinite(data[i]);
      return fits ? [] : [`${name}[${i}] is ${data[i]}, not ${right}`];
    });
  });
}

test("the table is large, and every expression is in it once", () => {
  expect(TABLE.length).toBeGreaterThanOrEqual(100);
  expect(new Set(TABLE.map(({ name }) => name)).size).toBe(TABLE.length);
});

describe("float64", () => {
  test.each(TABLE)("$name", async (row) => {
    const simplified = await measure(row, "float64", true);
    expect(differences(simplified, row, 1e-12)).toEqual([]);
    // Without simplification constants are not folded, and rules that know them do not apply: fewer numbers are finite.
    for (const [name, { data }] of await measure(row, "float64", false)) {
      const finite = Array.from(data.keys()).filter((i) => Number.isFinite(data[i]));
      const pick = (from: ArrayLike<number> = []) => finite.map((i) => from[i]);
      expectClose(pick(data), pick(simplified.get(name)?.data), 1e-12, `${name}, not simplified`);
    }
  });
});

describe("float32", () => {
  test.each(TABLE)("$name", async (row) => {
    expect(differences(await measure(row, "float32", true), row, 3e-5)).toEqual([]);
  });
});
