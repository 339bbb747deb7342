import { afterAll, describe, expect, test } from "vitest";
import { Graph } from "../src/graph/graph.ts";
import { emitModel } from "../src/onnx/emit-model.ts";
import { add } from "../src/ops/arithmetic.ts";
import { gaussNewtonProduct } from "../src/problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import { nodeRuntime } from "../src/runtime/node-runtime.ts";
import { openReference, vectorOf } from "./support/reference-case.ts";

// Workers load built code; `npm test` builds first.
const workers = new URL("../dist/runtime/", import.meta.url);
const three = nodeRuntime({ threads: 3, lanes: 3, workers });
afterAll(() => three.close());

describe.each([
  { memory: "everything kept", cacheBytes: 2 ** 30 },
  { memory: "nothing kept", cacheBytes: 0 },
])("three engines side by side, $memory", ({ cacheBytes }) => {
  // Sums are over the same batches in the same order, so the results are the same to the last bit.
  const options = { batchSize: 30, cacheBytes };

  test.each(["softplus-wine-f64", "lenet-digits"] as const)("compute what one computes: %s", async (name) => {
    const alone = openReference(name, options, 100);
    const together = openReference(name, options, 100, three);
    const v = vectorOf(alone, name, "v.npz");
    const block = [v, v.map((x) => 2 * x), v.map((x) => -x)];
    const elsewhere = alone.point.parameters.map((x) => 1.1 * x);
    const measure = async (problem: typeof alone) => ({
      value: await problem.point.value(),
      gradient: await problem.point.gradient(),
      hessian: await problem.point.product(hessianProduct, block),
      gaussNewton: await problem.point.product(gaussNewtonProduct, [v]),
      jacobian: await problem.point.jacobianVector(v),
      transposed: await problem.point.jacobianTransposed(await problem.point.outputs()),
      squares: await problem.point.exampleGradientSquares(),
      elsewhere: [await problem.at(elsewhere).value(), await problem.at(elsewhere).product(hessianProduct, [v])],
      back: await problem.point.product(hessianProduct, [v]),
    });
    expect(await measure(together)).toEqual(await measure(alone));
    await together.close();
    await alone.close();
  });
});

describe("a lane", () => {
  test("reports what its engine refuses and goes on", async () => {
    const x = new Graph().input("x", "float32", [2]);
    const good = emitModel(new Map([["y", add(x, x)]]), { precision: "float32", portable: true });
    const bad = await three.compile({ ...good, bytes: good.bytes.slice(0, -9) });
    const feeds = new Map([["x", three.feed({ dtype: "float32", shape: [2], data: Float32Array.of(1, 2) })]]);
    await expect(bad.run(feeds, 1)).rejects.toMatchObject({ code: "session-refused" });
    const executable = await three.compile(good);
    await expect(executable.run(new Map(), 1)).rejects.toMatchObject({ code: "missing-feed" });
    expect((await executable.run(feeds, 1)).get("y")?.data).toEqual(Float32Array.of(2, 4));
    const kept = await executable.keep(feeds, 1);
    const again = new Map([...kept].map(([, feed]) => ["x", feed]));
    expect((await executable.run(again, 1)).get("y")?.data).toEqual(Float32Array.of(4, 8));
    for (const feed of kept.values()) feed.release();
    await expect(executable.run(again, 1)).rejects.toMatchObject({ code: "lane-failed" });
  });

  test("that has ended says so", async () => {
    const runtime = nodeRuntime({ threads: 2, lanes: 2, workers });
    const problem = openReference("softplus-wine-f64", {}, 50, runtime);
    await problem.point.value();
    await runtime.close();
    await expect(problem.point.value()).rejects.toMatchObject({ code: "engine-ended" });
  });
});
