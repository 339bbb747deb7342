import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { gradient as gradientOf, outputHessianVector } from "../src/autodiff/products.ts";
import { Graph } from "../src/graph/graph.ts";
import { mul } from "../src/ops/arithmetic.ts";
import { sumAll } from "../src/ops/structure.ts";
import { configuredLoss } from "../src/problem/losses/parametric-loss.ts";
import { LOSSES } from "../src/problem/losses/registry.ts";
import { lossGraph } from "../src/problem/loss-graph.ts";
import { OUTPUT_KINDS } from "../src/problem/losses/output-kind.ts";
import { evaluate } from "./support/run-values.ts";
import { expectClose } from "./support/numbers.ts";

/* Losses with numbers of their own against PyTorch's in float64 (test/torch-losses/make.py): value, gradient, product. */

const numbers = z.array(z.number());
const tensor = z.object({ shape: numbers, data: numbers });
const cases = z
  .array(
    z.object({
      loss: z.string(),
      options: z.array(z.string()),
      kind: z.enum(OUTPUT_KINDS).nullable(),
      outputs: tensor,
      labels: tensor.extend({ whole: z.boolean() }),
      value: z.number(),
      gradient: numbers,
      product: numbers,
    }),
  )
  .parse(JSON.parse(readFileSync(new URL("torch-losses/losses.json", import.meta.url), "utf8")));

test.each(cases)("$loss $options", async ({ loss: name, options, kind, outputs, labels, value, gradient, product }) => {
  const plain = LOSSES.find((each) => each.name === name);
  if (!plain) throw new RangeError(`there is no loss ${name}`);
  const loss = configuredLoss(plain, options);
  const chosen = { ignoreIndex: -100, ...(kind && { outputKind: kind }) };
  const y = {
    dtype: labels.whole ? ("int64" as const) : ("float64" as const),
    shape: labels.shape,
    data: Float64Array.from(labels.data),
  };
  const at = { dtype: "float64" as const, shape: outputs.shape, data: Float64Array.from(outputs.data) };
  const graph = new Graph();
  const input = graph.input("z", "float64", at.shape);
  const built = lossGraph(graph, [input], input, y, loss, chosen);
  const tangent = graph.input("t", "float64", at.shape);
  const fisher = loss.outputFisher?.(input, built.labels, tangent, chosen);
  const counted = loss.countTerms?.(input, built.labels, chosen);
  const found = await evaluate(
    new Map([
      ["total", built.total],
      ["losses", built.perExample],
      ["gradient", gradientOf(built.total, [input])[0]],
      ["product", outputHessianVector(built.total, input, tangent)],
      ...(fisher ? ([["fisher", sumAll(mul(fisher, tangent))]] as const) : []),
      ...(counted ? ([["counted", counted]] as const) : []),
    ]),
    new Map([
      ["z", at],
      ["t", { ...at, data: at.data.map((_, i) => Math.sin(i)) }],
      ["thalweg:y", y],
    ]),
  );
  const of = (what: string) => found.get(what)?.data ?? new Float64Array(0);
  const terms = loss.terms(y, at.shape, chosen);
  const mean = (data: ArrayLike<number>) => Array.from(data, (x) => x / terms);
  expectClose(mean(of("total")), [value], 1e-14, "value");
  expectClose(mean(of("gradient")), gradient, 1e-14, "gradient");
  expectClose(mean(of("product")), product, 1e-14, "product");
  const byDefinition = loss.evaluate(at, y, chosen);
  expectClose(byDefinition.losses, of("losses"), 1e-14, "by definition");
  expect(byDefinition.counts.reduce((sum, x) => sum + x, 0)).toBeCloseTo(terms, 12);
  if (counted) expect(of("counted")[0]).toBeCloseTo(terms, 12);
  if (fisher) expect(of("fisher")[0]).toBeGreaterThan(0);
});
