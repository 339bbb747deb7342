import { expect, test } from "vitest";
import { runImported } from "../../../test/support/against-runtime.ts";
import { modelBytes, tensorProto, valueInfo, type NodeSpec } from "../../../test/support/onnx-model.ts";

/*
 * Where the runtime's own kernels read past their inputs: transforms of complex frames, and of half a spectrum to a
 * length that is given. The oracle is the sum of the definition, with complex numbers as pairs.
 */

type Complex = readonly [number, number];

const signal = (count: number): Complex[] =>
  Array.from({ length: count }, (_, n) => [Math.fround(Math.sin(3 * n + 1)), Math.fround(Math.cos(5 * n))]);

/** Σₙ x[n]·exp(∓2πi·kn/N) */
function sum(x: readonly Complex[], k: number, length: number, sign: number): Complex {
  return x.reduce<Complex>(
    ([re, im], [a, b], n) => {
      const angle = (sign * 2 * Math.PI * k * n) / length;
      return [re + a * Math.cos(angle) - b * Math.sin(angle), im + a * Math.sin(angle) + b * Math.cos(angle)];
    },
    [0, 0],
  );
}

async function run(
  node: Omit<NodeSpec, "inputs" | "outputs">,
  x: readonly Complex[],
  ...numbers: (number | undefined)[]
) {
  const shape = [1, x.length, 2];
  const bytes = modelBytes({
    opset: 20,
    nodes: [
      { ...node, inputs: ["x", ...numbers.map((each, i) => (each === undefined ? "" : `n${i}`))], outputs: ["y"] },
    ],
    inputs: [valueInfo("x", "double", shape)],
    outputs: [valueInfo("y", "double", [])],
    initializers: numbers.flatMap((each, i) => (each === undefined ? [] : [tensorProto(`n${i}`, "int64", [], [each])])),
  });
  const found = await runImported(bytes, new Map([["x", { elements: "double", shape, values: x.flat() }]]), "float64");
  return found.get("y")?.data ?? [];
}

function expectNear(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, each] of expected.entries()) expect(Math.abs(found[i] - each), `element ${i}`).toBeLessThan(1e-12);
}

test("frames of a complex signal", async () => {
  const x = signal(11);
  const found = await run({ op: "STFT", attributes: { onesided: 0 } }, x, 3, undefined, 5);
  const expected = [0, 3, 6].flatMap((start) =>
    Array.from({ length: 5 }, (_, k) => sum(x.slice(start, start + 5), k, 5, -1)),
  );
  expectNear(found, expected.flat());
});

test.each([4, 5, 6, 7, 9])("half a spectrum of 4 points to %i real numbers", async (length) => {
  const x = signal(4);
  const found = await run({ op: "DFT", attributes: { inverse: 1, onesided: 1 } }, x, length, 1);
  const whole = Array.from({ length }, (_, k): Complex => {
    const [re, im] = x[Math.min(k, length - k)] ?? [0, 0];
    // The first point and the one in the middle are real.
    return [re, k === 0 || 2 * k === length ? 0 : 2 * k < length ? im : -im];
  });
  expectNear(
    found,
    Array.from({ length }, (_, n) => sum(whole, n, length, 1)[0] / length),
  );
});
