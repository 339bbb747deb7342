import { describe, expect, test } from "vitest";
import { openDataset } from "../src/data/open-dataset.ts";
import { bytesSource } from "../src/files/byte-source.ts";
import { encodeNpz } from "../src/files/npz.ts";
import { chooseParameters } from "../src/load/choose-parameters.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import { Problem } from "../src/problem/problem.ts";
import type { Tensor } from "../src/util/tensor.ts";
import { DEFAULTS } from "./support/reference-case.ts";
import { runtime } from "./support/run-values.ts";
import { adapterArrays, smallTransformer } from "./support/small-transformer.ts";

/* Low-rank adapters, y = Wx + ½ B(Ax): apart from the weights, with these held constant, and put into them. */

const arrays = adapterArrays();
const scale = 0.5;

function tensorOf(name: string): Tensor {
  const tensor = arrays.get(name);
  if (!tensor) throw new RangeError(name);
  return tensor;
}

function open(name: string, patterns: readonly string[]): Problem {
  const model = smallTransformer(name);
  const inputs = model.inputs.map((input) => ({ name: input.name, dtype: input.dtype, shape: input.shape }));
  const bytes = encodeNpz([
    ["x", tensorOf("x")],
    ["y", tensorOf("y")],
  ]);
  const data = openDataset("data.npz", { data: bytesSource("data.npz", bytes) }, { inputs });
  const parameters = chooseParameters(model, patterns);
  return Problem.open(model, data, runtime, { ...DEFAULTS, loss: crossEntropy, precision: "float64", parameters });
}

const ADAPTERS = ["*.lora_A", "*.lora_B"];
/** The layers that have adapters. */
const LAYERS = ["attention.q", "attention.v", "attention.o", "up", "down"];

/** Part of a flat vector, by the name of its tensor. */
function partOf({ space }: Problem, vector: Float64Array, name: string): Float64Array {
  const found = space.tensors.find((tensor) => tensor.name === name);
  if (!found) throw new RangeError(name);
  return vector.subarray(found.offset, found.offset + found.size);
}

/** The largest difference, in units of the largest number. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  const size = Math.max(...Array.from(b, Math.abs));
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]))) / size;
}

/** A [m, k] times B [k, n], either turned round first. */
function multiplied(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [m, k, n]: readonly [number, number, number],
  turned: { readonly a?: boolean; readonly b?: boolean } = {},
): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      for (let l = 0; l < k; l++)
        out[i * n + j] += a[turned.a ? l * m + i : i * k + l] * b[turned.b ? j * k + l : l * n + j];
  return out;
}

const added = (a: Float64Array, b: Float64Array) => a.map((x, i) => x + b[i]);

/** The shapes of a layer's pair, and the direction that PyTorch was given. */
function pairOf(problem: Problem, layer: string) {
  const [rank, inputs] = problem.space.tensors.find(({ name }) => name === `${layer}.lora_A`)?.shape ?? [];
  const [outputs] = problem.space.tensors.find(({ name }) => name === `${layer}.lora_B`)?.shape ?? [];
  const theta = problem.point.parameters;
  return {
    rank,
    inputs,
    outputs,
    a: partOf(problem, theta, `${layer}.lora_A`),
    b: partOf(problem, theta, `${layer}.lora_B`),
    va: tensorOf(`vector/${layer}.lora_A`).data,
    vb: tensorOf(`vector/${layer}.lora_B`).data,
  };
}

describe("adapters alone", async () => {
  const apart = open("lora", ADAPTERS);
  const merged = open(
    "merged",
    LAYERS.map((layer) => `${layer}.weight`),
  );
  const direction = apart.space.flatten(
    new Map(apart.space.tensors.map(({ name }) => [name, tensorOf(`vector/${name}`)])),
  );
  const gradient = await apart.point.gradient();
  const [product] = await apart.point.product(hessianProduct, [direction]);

  test("are all that counts, and less than half of the weights", () => {
    const names = LAYERS.flatMap((layer) => [`${layer}.lora_A`, `${layer}.lora_B`]);
    expect(apart.space.tensors.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    const all = smallTransformer("lora").parameters.reduce((sum, { data }) => sum + data.length, 0);
    expect(2 * apart.space.dimension).toBeLessThan(all);
  });

  test("have the loss, the gradient and the Hessian product of PyTorch", async () => {
    const { loss } = await apart.point.value();
    expect(Math.abs(loss - tensorOf("loss").data[0])).toBeLessThan(1e-13);
    for (const { name } of apart.space.tensors) {
      expect(distance(partOf(apart, gradient, name), tensorOf(`gradient/${name}`).data)).toBeLessThan(1e-11);
      expect(distance(partOf(apart, product, name), tensorOf(`product/${name}`).data)).toBeLessThan(1e-11);
    }
  });

  test("have the loss of the network that they are put into", async () => {
    const [one, other] = [await apart.point.value(), await merged.point.value()];
    expect(Math.abs(one.loss - other.loss)).toBeLessThan(1e-13);
  });

  test("have the derivatives of that network by the chain rule", async () => {
    // dW = ½ (dB A + B dA) and d²W = dB dA: both the Hessian of W and its gradient have a part in the product.
    const push = new Map(
      LAYERS.map((layer) => {
        const { rank, inputs, outputs, a, b, va, vb } = pairOf(apart, layer);
        const first = multiplied(vb, a, [outputs, rank, inputs]);
        const second = multiplied(b, va, [outputs, rank, inputs]);
        return [layer, added(first, second).map((x) => scale * x)] as const;
      }),
    );
    const shapes = new Map(merged.space.tensors.map(({ name, shape }) => [name, shape]));
    const pushed = merged.space.flatten(
      new Map(
        LAYERS.map((layer) => [
          `${layer}.weight`,
          { dtype: "float64", shape: shapes.get(`${layer}.weight`) ?? [], data: push.get(layer) ?? new Float64Array() },
        ]),
      ),
    );
    const inner = await merged.point.gradient();
    const [curved] = await merged.point.product(hessianProduct, [pushed]);
    for (const layer of LAYERS) {
      const { rank, inputs, outputs, a, b, va, vb } = pairOf(apart, layer);
      const g = partOf(merged, inner, `${layer}.weight`);
      const k = partOf(merged, curved, `${layer}.weight`);
      const ofB = (x: Float64Array, y: ArrayLike<number>) => multiplied(x, y, [outputs, inputs, rank], { b: true });
      const ofA = (x: Float64Array, y: ArrayLike<number>) => multiplied(y, x, [rank, outputs, inputs], { a: true });
      const halved = (x: Float64Array) => x.map((each) => scale * each);
      const near = (vector: Float64Array, tensor: string, chain: Float64Array) =>
        expect(distance(partOf(apart, vector, `${layer}.${tensor}`), halved(chain))).toBeLessThan(1e-11);
      near(gradient, "lora_B", ofB(g, a));
      near(gradient, "lora_A", ofA(g, b));
      near(product, "lora_B", added(ofB(k, a), ofB(g, va)));
      near(product, "lora_A", added(ofA(k, b), ofA(g, vb)));
    }
  });
});
