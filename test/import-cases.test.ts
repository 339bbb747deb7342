import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { gradient, load } from "../src/index.ts";

/*
 * Files that were once read wrongly. Loss and gradient are PyTorch's, float64, of the same network written there:
 * the norm of the gradient of each parameter and its first four elements.
 */

interface Expected {
  readonly loss: number;
  readonly gradient: Readonly<Record<string, { readonly norm: number; readonly first: readonly number[] }>>;
}

const CASES: Readonly<Record<string, Expected>> = {
  "26-if-same-inner-names": {
    loss: 5.30536846825194,
    gradient: {
      "fc.weight": { norm: 4.37446306877, first: [0.3958965894, 0.3161456245, 0.0716950321, -0.9357515829] },
      "fc2.weight": { norm: 9.30262723839, first: [1.3862087693, -0.617632895, -0.7685758742, 6.1236047751] },
    },
  },
};

/** The expected values are written with ten decimals. */
const TOLERANCE = 1e-9;

describe("loss and gradient are those of the network in the file", () => {
  for (const [name, expected] of Object.entries(CASES)) {
    test(name, async () => {
      const folder = fileURLToPath(new URL(`cases/${name}`, import.meta.url));
      const problem = await load(`${folder}/model.onnx`, { data: `${folder}/data.npz`, precision: "float64" });
      expect(Math.abs((await problem.value()).loss - expected.loss)).toBeLessThan(TOLERANCE);
      const found = await gradient(problem);
      expect(problem.space.tensors.map((each) => each.name)).toEqual(Object.keys(expected.gradient));
      for (const { name: tensor, offset, size } of problem.space.tensors) {
        const { norm, first } = expected.gradient[tensor];
        const part = found.subarray(offset, offset + size);
        expect(Math.abs(Math.hypot(...part) - norm)).toBeLessThan(TOLERANCE);
        first.forEach((each, i) => expect(Math.abs(part[i] - each)).toBeLessThan(TOLERANCE));
      }
      await problem.close();
    });
  }
});
