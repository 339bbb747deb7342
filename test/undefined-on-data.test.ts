import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import type { LoadOptions } from "../src/load/load-options.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { modelBytes, type NodeSpec, tensorProto, valueInfo } from "./support/onnx-model.ts";

/* Graphs that are undefined for some data: a warning stands in the result where the data at hand are such. */

const folder = mkdtempSync(join(tmpdir(), "thalweg-undefined-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EXAMPLES = 7;
const random = createRandom(5);
const weights = (name: string, columns: number) =>
  tensorProto(name, "double", [3, columns], Array.from(random.split(name).normalVector(3 * columns)));
const numbers = (name: string, size: number) => random.split(name).normalVector(size);

type Scatter = Pick<NodeSpec, "op" | "attributes"> & { readonly opset?: number };

let made = 0;

/** A network that writes two outputs of one layer among four of another, in places from `indices`: data where it is one row for each example. */
async function warningsOf(scatter: Scatter, indices: readonly number[], options: Partial<LoadOptions> = {}) {
  const path = join(folder, `${made++}`);
  const ofData = indices.length === 2 * EXAMPLES;
  const rows = scatter.op === "ScatterND";
  writeFileSync(
    `${path}.onnx`,
    modelBytes({
      opset: scatter.opset ?? 17,
      inputs: [valueInfo("x", "double", ["N", 3]), ...(ofData ? [valueInfo("places", "int64", ["N", 2])] : [])],
      outputs: [valueInfo("out", "double", ["N", 4])],
      initializers: [
        weights("A", 4),
        weights("B", 2),
        ...(ofData
          ? []
          : [
              tensorProto(
                "places",
                "int64",
                rows ? [2, 1] : [EXAMPLES, 2],
                rows ? indices : Array.from({ length: EXAMPLES }, () => indices).flat(),
              ),
            ]),
      ],
      nodes: [
        { op: "MatMul", inputs: ["x", "A"], outputs: ["all"] },
        { op: "MatMul", inputs: ["x", "B"], outputs: ["some"] },
        ...(rows
          ? [
              { op: "Transpose", inputs: ["all"], outputs: ["data"] },
              { op: "Transpose", inputs: ["some"], outputs: ["updates"] },
            ]
          : [
              { op: "Identity", inputs: ["all"], outputs: ["data"] },
              { op: "Identity", inputs: ["some"], outputs: ["updates"] },
            ]),
        {
          op: scatter.op,
          attributes: scatter.attributes,
          inputs: ["data", "places", "updates"],
          outputs: [rows ? "turned" : "out"],
        },
        ...(rows ? [{ op: "Transpose", inputs: ["turned"], outputs: ["out"] }] : []),
      ],
    }),
  );
  writeFileSync(
    `${path}.npz`,
    encodeNpz([
      ["x", { dtype: "float64", shape: [EXAMPLES, 3], data: numbers("x", 3 * EXAMPLES) }],
      ...(ofData
        ? [["places", { dtype: "int64" as const, shape: [EXAMPLES, 2], data: Float64Array.from(indices) }] as const]
        : []),
      ["y", { dtype: "float64", shape: [EXAMPLES, 4], data: numbers("y", 4 * EXAMPLES) }],
    ]),
  );
  const { warnings, close } = await loadProblem(`${path}.onnx`, {
    data: `${path}.npz`,
    label: "y",
    loss: "mse",
    threads: 1,
    ...options,
  });
  await close();
  return warnings.filter((each) => each.includes("undefined without a reduction"));
}

/** Two of seven examples have one place twice, one of them by its number from the end. */
const REPEATED = [0, 1, 2, 2, 1, 0, 3, 0, 1, -3, 2, 0, 0, 3];
const DISTINCT = REPEATED.map((_, i) => (i % 2 === 0 ? 1 : -1));

describe("writes by index without a reduction", () => {
  const elements: Scatter = { op: "ScatterElements", attributes: { axis: 1 } };

  it.each([{ batchSize: undefined }, { batchSize: 3 }, { batchSize: 1 }])(
    "are warned of where the data's indices repeat, whatever the batch: %o",
    async (options) => {
      expect(await warningsOf(elements, REPEATED, options)).toEqual([
        expect.stringMatching(/ScatterElements.* writes 2 times where it has written before/),
      ]);
    },
  );

  it("are not where they are distinct, or a reduction says what becomes of them", async () => {
    expect(await warningsOf(elements, DISTINCT)).toEqual([]);
    expect(await warningsOf({ op: "ScatterElements", attributes: { axis: 1, reduction: "add" } }, REPEATED)).toEqual(
      [],
    );
  });

  it.each<[string, Scatter]>([
    ["ScatterND", { op: "ScatterND" }],
    ["Scatter", { op: "Scatter", attributes: { axis: 1 }, opset: 10 }],
  ])("are warned of where the file's own indices repeat: %s", async (_name, scatter) => {
    const one = { batchSize: EXAMPLES };
    const times = scatter.op === "ScatterND" ? "once" : `${EXAMPLES} times`;
    expect(await warningsOf(scatter, [2, 2], one)).toEqual([expect.stringContaining(`writes ${times} where`)]);
    expect(await warningsOf(scatter, [2, 1], one)).toEqual([]);
  });
});
