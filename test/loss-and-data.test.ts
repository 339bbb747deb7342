import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runProfile } from "../src/instruments/profile.ts";
import type { LoadOptions } from "../src/load/load-options.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";

/* Losses and data that people had trouble with elsewhere; what is right was found by PyTorch in float64. */

const folder = (name: string) => fileURLToPath(new URL(`loss-cases/${name}`, import.meta.url));
const expected = z
  .record(
    z.string(),
    z.object({
      loss: z.number(),
      gradient: z.record(z.string(), z.object({ norm: z.number(), first: z.array(z.number()) })),
    }),
  )
  .parse(JSON.parse(readFileSync(folder("expected.json"), "utf8")));

async function measure(name: string, options: Partial<LoadOptions> = {}) {
  const path = folder(name);
  const loaded = await loadProblem(`${path}/model.onnx`, {
    data: `${path}/data.npz`,
    precision: "float64",
    threads: 2,
    ...options,
  });
  try {
    const { problem, notes, warnings } = loaded;
    const { loss } = await problem.point.value();
    const all = await problem.point.gradient();
    const gradient = new Map(
      problem.space.tensors.map(({ name: tensor, offset, size }) => [tensor, all.subarray(offset, offset + size)]),
    );
    return { loss, gradient, coupled: problem.coupled, notes: notes.join("\n"), warnings: warnings.join("\n") };
  } finally {
    await loaded.close();
  }
}

type Case = [name: string, said: RegExp, options?: Partial<LoadOptions>];

const CASES: Case[] = [
  ["final-log-softmax-over-another-axis", /LogSoftmax is over axis 2, but the classes are on axis 1/],
  ["one-hot-integers-beside-softmax", /one-hot rows over 3 classes/],
  ["one-hot-floats-beside-sigmoid", /binary cross-entropy: a final Sigmoid/],
  ["mean-of-two-softmaxes", /taken to be probabilities: they add up to 1/],
  ["input-called-target", /integer labels 0 to 5/],
  ["as-many-classes-as-positions", /on axis 1 of the outputs \[N, 3, 3\].*axis 2 would fit too/],
  ["as-many-classes-as-positions", /cross-entropy/, { classAxis: 1 }],
  ["as-many-classes-as-positions", /cross-entropy/, { classAxis: -2 }],
  ["mean-over-the-batch", /all 3000 examples as one batch/],
  ["mean-over-the-batch", /all 3000 examples as one batch/, { threads: 1 }],
  ["mean-over-the-batch", /batches of 3000 examples/, { batchSize: 3000, threads: 4 }],
  ["recurrent-time-first", /counts its examples along axis 1 of x/],
];

describe("loss and data meet", () => {
  it.each(CASES)("%s (%s)", async (name, said, options) => {
    const found = await measure(name, options);
    const right = expected[name];
    expect(found.loss).toBeCloseTo(right.loss, 12);
    expect(`${found.notes}\n${found.warnings}`).toMatch(said);
    for (const [tensor, { norm, first }] of Object.entries(right.gradient)) {
      const part = found.gradient.get(tensor) ?? new Float64Array();
      expect(Math.hypot(...part) / norm).toBeCloseTo(1, 10);
      first.forEach((value, i) => expect(part[i]).toBeCloseTo(value, 8));
    }
  });

  it("channels last beside channels first are refused, not paired by their number", async () => {
    await expect(measure("channels-last-targets")).rejects.toMatchObject({ hint: expect.stringMatching(/transpose/) });
    await expect(measure("channels-last-targets", { loss: "mse" })).rejects.toMatchObject({ code: "loss-misfit" });
  });

  it("classes on an axis that does not fit are refused", async () => {
    await expect(measure("as-many-classes-as-positions", { classAxis: 3 })).rejects.toThrow(/cannot lie on axis 3/);
    await expect(measure("recurrent-time-first", { classAxis: 1 })).rejects.toThrow(/has no classes/);
  });
});

describe("a model that computes its own loss", () => {
  it.each([
    ["own-loss-of-each-without-labels", "output", 6.86407201657116, 4.02174363764631],
    ["own-mean-without-labels", "output", 6.39116047413147, 3.1698078863414],
    ["own-mean-without-labels", undefined, 6.39116047413147, 3.1698078863414],
    ["own-contrastive-loss-without-labels", "output", 3.76259828666127, 2.08886358650892],
    ["own-contrastive-loss-without-labels", undefined, 3.76259828666127, 2.08886358650892],
  ])("needs no labels: %s, --loss %s", async (name, loss, value, norm) => {
    const found = await measure(name, { loss });
    expect(found.loss).toBeCloseTo(value, 12);
    expect(Math.hypot(...[...found.gradient.values()].flatMap((part) => [...part]))).toBeCloseTo(norm, 12);
    expect(found.notes).toMatch(/hold no labels; the loss reads none/);
  });

  it.each([undefined, "mse"])(
    "needs labels for any other loss, and is not guessed from one number each: %s",
    async (loss) => {
      await expect(measure("own-loss-of-each-without-labels", { loss })).rejects.toMatchObject({
        code: "missing-array",
        message: expect.stringMatching(/no labels/),
        hint: expect.stringMatching(/--loss output/),
      });
    },
  );
});

it("counts beside one output are the targets of a regression, if the loss is named", async () => {
  await expect(measure("counts-beside-one-output")).rejects.toMatchObject({
    hint: expect.stringMatching(/--loss mse/),
  });
  expect((await measure("counts-beside-one-output", { loss: "mse" })).loss).toBeGreaterThan(0);
});

it("a model that takes batches of two only says which examples fit", async () => {
  for (const batchSize of [undefined, 2])
    await expect(measure("batches-of-two-only", { batchSize })).rejects.toMatchObject({
      code: "fixed-batch",
      hint: expect.stringMatching(/--limit 8\./),
    });
  const whole = await measure("batches-of-two-only", { limit: 8 });
  expect(whole.loss).toBe((await measure("batches-of-two-only", { limit: 8, batchSize: 2 })).loss);
});

describe("a model's own loss that is one number for a batch", () => {
  it("is that of all examples, or of batches as asked, and says so", async () => {
    const whole = await measure("own-scalar-loss");
    expect(whole.loss).toBeCloseTo(0.64206, 5);
    expect(whole.warnings).toMatch(/not the mean over its examples.* all 100 examples as one batch/s);
    const cut = await measure("own-scalar-loss", { batchSize: 10 });
    expect(cut.loss).toBeCloseTo(0.64006, 5);
    expect(cut.warnings).toMatch(/batches of 10 examples in their order: it depends on the batch size/);
    expect((await measure("own-scalar-loss", { threads: 4 })).loss).toBe(whole.loss);
  });

  it("keeps from what needs single examples with that reason, and from nothing else", async () => {
    const path = folder("own-scalar-loss");
    const { problem, close } = await loadProblem(`${path}/model.onnx`, { data: `${path}/data.npz`, threads: 1 });
    try {
      const only = "gradient,attribution,noise,symmetries";
      const { result } = await runProfile(problem, { only, top: 2, bottom: 1 }, createRandom(0), {});
      const of = (name: string) => result.sections.find(({ instrument }) => instrument === name);
      expect(of("noise")).toMatchObject({ status: "skipped", reason: expect.stringMatching(/one number for a batch/) });
      for (const name of ["gradient", "attribution", "symmetries"])
        expect(of(name)).toMatchObject({ status: "measured" });
      expect(result.gradient).toMatchObject({ noiseFloor: null, relativeToNoise: null });
      expect(of("gradient")?.means).toMatch(/No example has a gradient of its own/);
    } finally {
      await close();
    }
  });
});
