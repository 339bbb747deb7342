import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Graph } from "../src/graph/graph.ts";
import type { Value } from "../src/graph/value.ts";
import { OPS } from "../src/ops/registry.ts";
import { type DType, isFloat, type Shape, tensor } from "../src/util/tensor.ts";
import { examplesOf, runExample } from "./support/docstring-examples.ts";
import { evaluate } from "./support/run-values.ts";

/*
 * The docstrings of ops/: every function that a file with primitives exports shows what it gives on numbers. In the
 * examples `floats`, `integers` and `truths` are constants of nested lists, and `input` is a fed value.
 */

type Nested = number | readonly Nested[];

const shapeOf = (list: Nested): Shape => (typeof list === "number" ? [] : [list.length, ...shapeOf(list[0] ?? 0)]);
const flat = (list: Nested): number[] => (typeof list === "number" ? [list] : list.flatMap(flat));
const isNested = (list: unknown): list is Nested =>
  typeof list === "number" || (Array.isArray(list) && list.every(isNested));
const isValue = (found: unknown): found is Value => typeof found === "object" && found !== null && "operation" in found;

function namesOf(graph: Graph): Record<string, unknown> {
  const constants = (dtype: DType) => (list: Nested) => {
    const data = dtype === "bool" ? Uint8Array.from(flat(list)) : Float64Array.from(flat(list));
    return graph.constant(tensor(dtype, shapeOf(list), data));
  };
  return {
    floats: constants("float64"),
    integers: constants("int64"),
    truths: constants("bool"),
    input: (name: string, shape: Shape) => graph.input(name, "float64", shape),
  };
}

async function compare(found: unknown, expected: unknown): Promise<void> {
  if (!isValue(found) || !isNested(expected)) {
    expect(found).toEqual(expected);
    return;
  }
  expect(found.shape).toEqual(shapeOf(expected));
  const given = (await evaluate(new Map([["out", found]]), new Map())).get("out")?.data ?? [];
  const wanted = flat(expected);
  expect(given).toHaveLength(wanted.length);
  if (!isFloat(found.dtype)) expect(Array.from(given)).toEqual(wanted);
  for (const [i, x] of wanted.entries())
    expect(Math.abs(given[i] - x), `element ${i}`).toBeLessThanOrEqual(1e-8 * Math.abs(x));
}

const FOLDER = new URL("../src/ops/", import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
const modules = await Promise.all(
  files.map(async (file) => {
    const exported: Record<string, unknown> = await import(new URL(file, FOLDER).href);
    return { file, exported, examples: examplesOf(readFileSync(new URL(file, FOLDER), "utf8")) };
  }),
);
const primitives = new Set<unknown>(OPS);
const everything = Object.assign({}, ...modules.map(({ exported }) => exported));

describe("the examples of primitives", () => {
  const ofPrimitives = modules.filter(
    ({ file, exported }) => file !== "registry.ts" && Object.values(exported).some((each) => primitives.has(each)),
  );

  it("belong to every function beside a primitive", () => {
    expect(ofPrimitives.length).toBeGreaterThan(10);
    const lacking = ofPrimitives.flatMap(({ file, exported, examples }) =>
      Object.entries(exported).flatMap(([name, each]) =>
        typeof each === "function" && !examples.some((known) => known.name === name && known.code.includes("// →"))
          ? [`${file}: ${name}`]
          : [],
      ),
    );
    expect(lacking).toEqual([]);
  });

  const examples = modules.flatMap((each) => each.examples).filter(({ code }) => code.includes("// →"));

  it.each(examples.map(({ name, code }) => [name, code] as const))("%s", async (_name, code) => {
    await runExample(code, { ...everything, ...namesOf(new Graph()) }, compare);
  });
});
