import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource } from "../src/files/byte-source.ts";
import { encodeNpz, readNpz } from "../src/files/npz.ts";
import { add, mul } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { tanh } from "../src/ops/unary.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import { LABELS } from "../src/problem/loss-graph.ts";
import type { ProblemOptions } from "../src/problem/problem-options.ts";
import { maxOf } from "../src/util/extremes.ts";
import { array, buildProblem } from "./support/build-problem.ts";
import { PEAK_HOOK } from "./support/peak-memory.ts";
import { runtime } from "./support/run-values.ts";

/* Memory that is bounded cuts what is computed by examples, and changes no number. */

const wave = (size: number, step: number) => Array.from({ length: size }, (_, i) => Math.sin(step * (i + 1)) / 2);

describe("runs that may take so many bytes", () => {
  const [examples, width] = [24, 16];

  async function measured(options: Partial<ProblemOptions>) {
    const batches = new Set<number>();
    const engine: typeof runtime = {
      ...runtime,
      compile: (model) => {
        const labels = model.inputs.get(LABELS);
        if (labels) batches.add(labels.shape[0]);
        return runtime.compile(model);
      },
    };
    const problem = buildProblem(
      {
        x: array([examples, width], wave(examples * width, 0.7)),
        y: array([examples, width], wave(examples * width, 1.3)),
        parameters: {
          v: array([width, width], wave(width ** 2, 0.9)),
          w: array([width, width], wave(width ** 2, 1.1)),
        },
        loss: meanSquaredError,
        build: (x, { v, w }) => matmul(tanh(mul(matmul(tanh(matmul(x, v)), w), 0.5)), v),
      },
      { batchSize: examples, cacheBytes: 0, ...options },
      { engine },
    );
    const vectors = [1, 2].map((step) => Float64Array.from(wave(2 * width ** 2, step)));
    try {
      const { loss } = await problem.point.value();
      const numbers = [
        [loss],
        await problem.point.gradient(),
        ...(await problem.point.product(hessianProduct, vectors)),
        await problem.point.exampleLosses(),
        await problem.point.exampleGradientSquares(),
      ];
      return { numbers, batches };
    } finally {
      await problem.close();
    }
  }

  test("are on fewer examples at a time, each computation on as many as it can be, and give the same", async () => {
    const whole = await measured({});
    const cut = await measured({ runBytes: 2 ** 14, mostVectors: 1 });
    expect([...whole.batches]).toEqual([examples]);
    expect(Math.min(...cut.batches)).toBeLessThan(examples / 2);
    // A loss takes less than a product.
    expect(cut.batches.size).toBeGreaterThan(1);
    cut.numbers.forEach((numbers, i) => {
      const others = whole.numbers[i];
      const size = Math.max(...Array.from(others, Math.abs));
      numbers.forEach((x, j) => expect(Math.abs(x - others[j])).toBeLessThanOrEqual(1e-12 * size));
    });
  });

  test("are computed again in segments where the fewest examples take more, with the same numbers", async () => {
    const shape = [64, 8];
    const names = Array.from({ length: 16 }, (_, i) => `w${i}`);
    const deep = async (options: Partial<ProblemOptions>) => {
      let nodes = 0;
      const engine: typeof runtime = {
        ...runtime,
        compile: (model) => ((nodes += model.nodes), runtime.compile(model)),
      };
      const problem = buildProblem(
        {
          x: array(shape, wave(512, 0.7)),
          y: array(shape, wave(512, 1.3)),
          parameters: Object.fromEntries(names.map((name, i) => [name, array([8, 8], wave(64, i + 0.9))])),
          loss: meanSquaredError,
          build: (x, weights) =>
            names.reduce((h, name) => add(h, matmul(tanh(matmul(tanh(h), weights[name])), weights[name])), x),
        },
        { batchSize: 64, coupled: "they are", cacheBytes: 0, ...options },
        { engine },
      );
      await using opened = problem;
      const vector = Float64Array.from(wave(1024, 2));
      const numbers = [await opened.point.gradient(), ...(await opened.point.product(hessianProduct, [vector]))];
      return { numbers, nodes };
    };
    const whole = await deep({});
    const again = await deep({ runBytes: 170_000 });
    expect(again.numbers).toEqual(whole.numbers);
    expect(again.nodes).toBeGreaterThan(1.2 * whole.nodes);
    await expect(deep({ runBytes: 17_000 })).rejects.toMatchObject({ code: "memory-too-small" });
  });

  test("are refused before they are compiled where one example takes more", async () => {
    await expect(measured({ runBytes: 500 })).rejects.toMatchObject({
      code: "memory-too-small",
      kind: "input",
      message: expect.stringMatching(/on one example takes about .* and --memory leaves 500 B for it/),
    });
  });

  test("are refused where examples that are coupled are too many for one run", async () => {
    await expect(measured({ runBytes: 2 ** 14, coupled: "they are" })).rejects.toMatchObject({
      code: "memory-too-small",
      message: expect.stringMatching(/on 24 examples/),
    });
  });
});

describe("a process whose memory is bounded", () => {
  const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "thalweg-memory-"));
  const path = (name: string) => join(folder, name);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs the program, and says what it held at most. */
  function held(...words: string[]) {
    const { status, stderr } = spawnSync(process.execPath, ["--import", PEAK_HOOK, program, ...words], {
      encoding: "utf8",
      env: { ...process.env, PEAK: path("peak") },
    });
    return { status, stderr, bytes: 1024 * Number(readFileSync(path("peak"), "utf8")) };
  }

  const numbersOf = (name: string) => {
    const source = bytesSource(name, Uint8Array.from(readFileSync(path(name))));
    return [...readNpz(source)].flatMap(([, each]) => Array.from(each.read().data));
  };

  beforeAll(() => {
    held("nets", "cnn:3x64x64:48-48-10", "-o", path("net.onnx"));
    const [examples, pixels] = [96, 3 * 64 * 64];
    const x = array([examples, 3, 64, 64], wave(examples * pixels, 0.7));
    const y = array(
      [examples],
      Array.from({ length: examples }, (_, i) => i % 10),
    );
    writeFileSync(
      path("data.npz"),
      encodeNpz([
        ["x", x],
        ["y", { ...y, dtype: "int64" }],
      ]),
    );
    held("apply", "gradient", path("net.onnx"), "--data", path("data.npz"), "-o", path("g.npz"));
  }, 60_000);

  const product = (out: string, ...more: string[]) =>
    held(
      "apply",
      "hessian",
      path("net.onnx"),
      "--data",
      path("data.npz"),
      "--vector",
      path("g.npz"),
      "-o",
      path(out),
      ...more,
    );

  test("stays below it, where it would take twice as much, with the same product", { timeout: 60_000 }, () => {
    const free = product("free.npz");
    const bound = product("bound.npz", "--memory", "400MiB");
    expect([free.status, bound.status]).toEqual([0, 0]);
    expect(bound.bytes).toBeLessThan(400 * 2 ** 20);
    expect(free.bytes).toBeGreaterThan(1.5 * bound.bytes);
    const [expected, found] = [numbersOf("free.npz"), numbersOf("bound.npz")];
    const size = maxOf(expected.map(Math.abs));
    expect(found.length).toBe(expected.length);
    expect(maxOf(found.map((x, i) => Math.abs(x - expected[i])))).toBeLessThan(1e-5 * size);
  });

  test("takes no training step on more examples than fit", { timeout: 60_000 }, () => {
    const step = ["--optimizer", "sgd", "--lr", "0.01", "--steps", "1", "--batch", "96", "--memory", "500MiB"];
    const refused = held("train", path("net.onnx"), "--data", path("data.npz"), ...step, "-o", path("run"));
    expect(refused.status).toBe(3);
    expect(refused.stderr.replace(/\s+/g, " ")).toMatch(
      /training step on 96 examples takes about .* or smaller batches/,
    );
  });

  test("is refused with what it lacks", { timeout: 60_000 }, () => {
    const refused = product("none.npz", "--memory", "150MB");
    expect(refused.status).toBe(3);
    expect(refused.stderr.replace(/\s+/g, " ")).toMatch(/takes about .*--memory leaves 0 B.*Give at least .* more/);
  });
});
