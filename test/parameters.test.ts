import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { loadProblem } from "../src/load/load-problem.ts";

/*
 * Networks whose parameters are easily mistaken: `parameters/<name>` holds a model, its data, and loss and
 * gradient of the same network in PyTorch (float64 autograd over all data).
 */

const FOLDER = fileURLToPath(new URL("parameters", import.meta.url));

const expected = z.object({
  loss: z.number(),
  gradient: z.record(
    z.string(),
    z.object({ shape: z.array(z.number()), norm: z.number(), first: z.array(z.number()) }),
  ),
});

describe("the parameters are those that PyTorch trains, and so is the gradient", () => {
  test.each(readdirSync(FOLDER).filter((name) => !name.includes(".")))("%s", async (name) => {
    const folder = join(FOLDER, name);
    const right = expected.parse(JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")));
    const loaded = await loadProblem(join(folder, "model.onnx"), {
      data: join(folder, "data.npz"),
      precision: "float64",
      threads: 1,
    });
    try {
      const { problem } = loaded;
      const shapes = Object.fromEntries(problem.space.tensors.map((each) => [each.name, each.shape]));
      expect(shapes).toEqual(
        Object.fromEntries(Object.entries(right.gradient).map(([key, { shape }]) => [key, shape])),
      );
      expect((await problem.point.value()).loss).toBeCloseTo(right.loss, 10);
      const gradient = await problem.point.gradient();
      for (const { name: tensor, offset, size } of problem.space.tensors) {
        const part = gradient.subarray(offset, offset + size);
        const { norm, first } = right.gradient[tensor];
        expect(Math.abs(Math.hypot(...part) / norm - 1), tensor).toBeLessThan(1e-9);
        first.forEach((value, i) => expect(Math.abs(part[i] - value), tensor).toBeLessThan(1e-9));
      }
    } finally {
      await loaded.close();
    }
  });
});
