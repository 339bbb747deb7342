import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";
import { ekfac, gaussNewtonDiagonal, kfac } from "../src/library/layered-matrices.ts";
import { load } from "../src/library/open.ts";
import { distance, norm } from "./support/numbers.ts";

/* K-FAC, EKFAC, their inverses and the diagonal against dense matrices by definition in PyTorch (test/torch-layers/make.py). */

const pathOf = (file: string) => fileURLToPath(new URL(`torch-layers/${file}`, import.meta.url));
const numbers = z.array(z.number()).transform((list) => Float64Array.from(list));
const cases = z
  .array(
    z.object({
      name: z.string(),
      reduction: z.enum(["mean", "sum"]),
      l2: z.number(),
      damping: z.number(),
      diagonal: numbers,
      kfac: numbers,
      ekfac: numbers,
      kfacInverse: numbers,
      ekfacInverse: numbers,
    }),
  )
  .parse(JSON.parse(readFileSync(pathOf("layers.json"), "utf8")));

test.each(cases)("$name", async ({ name, reduction, l2, damping, ...truth }) => {
  const problem = await load(pathOf(`${name}.onnx`), {
    data: pathOf(`${name}.npz`),
    loss: "cross-entropy",
    precision: "float64",
    batchSize: 4,
    reduction,
    l2,
  });
  const v = Float64Array.from({ length: problem.space.dimension }, (_, i) => Math.sin(i + 1));
  const near = (found: Float64Array, expected: Float64Array) =>
    expect(distance(found, expected)).toBeLessThan(1e-12 * norm(expected));
  near(await gaussNewtonDiagonal(problem), truth.diagonal);
  const [plain, corrected] = [await kfac(problem), await ekfac(problem)];
  near((await plain.apply([v]))[0], truth.kfac);
  near((await corrected.apply([v]))[0], truth.ekfac);
  near((await plain.inverse(damping).apply([v]))[0], truth.kfacInverse);
  near((await corrected.inverse(damping).apply([v]))[0], truth.ekfacInverse);
});
