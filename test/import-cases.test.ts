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
  "23-attention-nonpad-data": {
    loss: 1.57250384086724,
    gradient: {
      "q.weight": { norm: 0.345007303385, first: [-0.0769687881, -0.0631395686, 0.0102075044, -0.0188625125] },
      "k.weight": { norm: 0.730139346728, first: [-0.5131618513, -0.1795798261, 0.2764842172, -0.0025333913] },
      "v.weight": { norm: 0.529508500486, first: [-0.0135270891, -0.0147111527, -0.0140404308, 0.0564008965] },
      "o.weight": { norm: 0.649177839256, first: [-0.3110228394, 0.4067359171, -0.0957130777, 0.191402175] },
    },
  },
  "28-scatter-elements-default0": {
    loss: 1.3340782715703,
    gradient: {
      "A.weight": { norm: 0.41734063929, first: [-0.027136776, -0.1890649757, 0.2162017517, -0.0591154011] },
      "A.bias": { norm: 0.234215523212, first: [-0.0479912313, -0.1363199698, 0.1843112011] },
    },
  },
  "34-rotary-without-num-heads": {
    loss: 1.07666280752336,
    gradient: {
      "q.weight": { norm: 0.846148974082367, first: [] },
      "o.weight": { norm: 0.5572947636302692, first: [] },
    },
  },
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
      expect(Math.abs((await problem.point.value()).loss - expected.loss)).toBeLessThan(TOLERANCE);
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

test("24-ms-attention-do-rotary: an attribute that is not read is refused by name", async () => {
  const folder = fileURLToPath(new URL("cases/24-ms-attention-do-rotary", import.meta.url));
  await expect(load(`${folder}/model.onnx`, { data: `${folder}/data.npz` })).rejects.toThrow(
    "Attention a (com.microsoft 1) has the attribute do_rotary = 1; only 0 can be read",
  );
});
