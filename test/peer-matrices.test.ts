import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jacobian } from "../src/library/jacobian.ts";
import { ekfac, gaussNewtonDiagonal, kfac } from "../src/library/layered-matrices.ts";
import { empiricalFisher, empiricalFisherOfTerms, gaussNewton, hessian } from "../src/library/matrices.ts";
import { monteCarloFisher } from "../src/library/monte-carlo-fisher.ts";
import { load } from "../src/library/open.ts";
import type { LinearOperator } from "../src/operators/linear-operator.ts";
import { distance, norm } from "./support/numbers.ts";

/* Every matrix against its definition in PyTorch float64, on the kinds of case that other libraries of matrices test (peer-matrices/make.py). */

const pathOf = (file: string) => fileURLToPath(new URL(`peer-matrices/${file}`, import.meta.url));
const numbers = z.array(z.number()).transform((list) => Float64Array.from(list));
const cases = z
  .array(
    z.object({
      name: z.string(),
      loss: z.enum(["cross-entropy", "bce", "mse"]),
      reduction: z.enum(["mean", "sum"]),
      truth: z.record(z.string(), numbers),
    }),
  )
  .parse(JSON.parse(readFileSync(pathOf("matrices.json"), "utf8")));

const NEAR = 1e-12;

describe.each(cases)("$name by its $reduction", ({ name, loss, reduction, truth }) => {
  const open = () =>
    load(pathOf(`${name}.onnx`), {
      data: pathOf(`${name}.npz`),
      loss,
      reduction,
      precision: "float64",
      batchSize: 4,
    });

  test("has the matrices of the definitions", async () => {
    const problem = await open();
    const v = Float64Array.from({ length: problem.space.dimension }, (_, i) => Math.sin(i + 1));
    const of = async (matrix: Pick<LinearOperator, "apply">) => (await matrix.apply([v]))[0];
    const outputs = jacobian(problem);
    const u = Float64Array.from({ length: truth.jacobian.length }, (_, i) => Math.cos(i + 1));
    const found: Record<string, Float64Array> = {
      hessian: await of(hessian(problem)),
      gaussNewton: await of(gaussNewton(problem)),
      terms: await of(empiricalFisherOfTerms(problem)),
      examples: await of(empiricalFisher(problem)),
      jacobian: await of(outputs),
      transposed: (await outputs.applyTransposed([u]))[0],
    };
    found.diagonal = await gaussNewtonDiagonal(problem);
    for (const sharing of ["expand", "reduce"] as const) {
      found[`kfac-${sharing}`] = await of(await kfac(problem, { sharing }));
      found[`ekfac-${sharing}`] = await of(await ekfac(problem, { sharing }));
    }
    for (const [matrix, product] of Object.entries(found))
      expect(distance(product, truth[matrix]) / norm(truth[matrix]), matrix).toBeLessThan(NEAR);
    await problem.close();
  });

  test("has factors that do not hang on the batches", async () => {
    const both = [1, 3].map((batchSize) =>
      load(pathOf(`${name}.onnx`), { data: pathOf(`${name}.npz`), loss, precision: "float64", batchSize }),
    );
    const [one, other] = await Promise.all(both);
    const v = Float64Array.from({ length: one.space.dimension }, (_, i) => Math.sin(i + 1));
    for (const sharing of ["expand", "reduce"] as const) {
      const [a, b] = await Promise.all(
        [one, other].map(async (problem) => (await (await ekfac(problem, { sharing })).inverse(0.1).apply([v]))[0]),
      );
      expect(distance(a, b) / norm(a), sharing).toBeLessThan(NEAR);
    }
    await Promise.all([one.close(), other.close()]);
  });

  test("has a sampled Fisher matrix whose trace covers the exact one", async () => {
    const problem = await open();
    const sampled = await monteCarloFisher(problem, { draws: 64, seed: 2 });
    const { interval } = await sampled.sampledTrace({ confidence: 0.999 });
    expect(interval.lower).toBeLessThan(truth.trace[0]);
    expect(interval.upper).toBeGreaterThan(truth.trace[0]);
    await problem.close();
  });
});
