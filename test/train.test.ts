import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { commandLine, readArrays } from "./support/command-line.ts";
import { curvesOf, followed } from "./support/torch-curves.ts";

/*
 * Training against PyTorch (losses of 200 steps from the same weights, in the same order: training/make-curves.py; larger networks in
 * training-curves.test.ts), against itself (killed and continued, repeated, in other processes), and what is refused.
 */

const { at, here, thalweg } = commandLine();

const trained = async (folder: string, args: readonly string[]) => {
  const run = await here([...args, "-o", folder]);
  expect(run.code, run.err).toBe(0);
  return RESULT_KINDS.train.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8"))).result;
};

const lossesIn = (folder: string) => Array.from(readArrays(at(folder, "arrays.npz")).get("loss")?.data ?? []);

describe("training", () => {
  it.each(curvesOf((network) => network.startsWith("mlp")).map((curve) => [curve.title, curve] as const))(
    "%s: the losses of PyTorch to 1e-4",
    { timeout: 240_000 },
    async (_title, curve) => {
      const losses = await followed({ here, at }, curve);
      expect(losses.length).toBe(curve.losses.length);
      expect(losses.length).toBe(200);
      const off = losses.map((loss, step) => Math.abs(loss - curve.losses[step]));
      expect(Math.max(...off)).toBeLessThan(1e-4);
    },
  );

  const SHORT = [
    "train",
    "mlp:64-8-10:tanh",
    "--data",
    "digits",
    "--limit",
    "300",
    "--optimizer",
    "adam",
    "--lr",
    "0.01",
  ];
  const whole = [
    ...SHORT,
    "--steps",
    "23",
    "--every",
    "5",
    "--batch",
    "64",
    "--track",
    "sharpness,trace,units",
    "--track-every",
    "4",
    "--label-noise",
    "0.1",
    "--seed",
    "3",
  ];
  const filesOf = (folder: string) =>
    ["arrays.npz", "model.onnx", ...readdirSync(at(folder, "checkpoints")).map((name) => `checkpoints/${name}`)].map(
      (name) => [name, readFileSync(at(folder, name)).toString("base64")] as const,
    );

  it(
    "that lost its last tasks and is continued has the bits of one that was not; so has a repetition",
    { timeout: 120_000 },
    async () => {
      const result = await trained("whole", whole);
      expect(result.checkpoints.map(({ step }) => step)).toEqual([0, 5, 10, 15, 20, 23]);
      cpSync(at("whole"), at("torn"), { recursive: true });
      for (const name of ["result.json", "arrays.npz", "model.onnx", "checkpoints"])
        rmSync(at("torn", name), { recursive: true });
      const tasks = z.object({ input: z.object({ from: z.number() }) });
      const later = readdirSync(at("torn", "tasks")).filter(
        (name) => tasks.parse(JSON.parse(readFileSync(at("torn", "tasks", name), "utf8"))).input.from >= 10,
      );
      expect(later.length).toBe(3);
      for (const name of later) rmSync(at("torn", "tasks", name));
      const run = await here(["train", "--resume", at("torn")]);
      expect(run.code, run.err).toBe(0);
      expect(filesOf("torn")).toEqual(filesOf("whole"));
      await trained("again", whole);
      expect(filesOf("again")).toEqual(filesOf("whole"));
      await trained("other", [...whole.slice(0, -1), "4"]);
      expect(lossesIn("other")).not.toEqual(lossesIn("whole"));
    },
  );

  it(
    "has the same bits in two workers as here, its spans being one after the other",
    { timeout: 120_000 },
    async () => {
      const run = await thalweg([...whole, "--executor", "workers:2", "-o", "by-workers"]);
      expect(run.code, run.err).toBe(0);
      await trained("by-itself", whole);
      expect(filesOf("by-workers")).toEqual(filesOf("by-itself"));
    },
  );

  it(
    "moves images anew in each step, the same ones whatever the spans between checkpoints",
    { timeout: 120_000 },
    async () => {
      const images = [
        "train",
        "mlp:1x8x8-8-10:tanh",
        "--data",
        "digits",
        "--limit",
        "300",
        "--steps",
        "12",
        "--batch",
        "64",
      ];
      const moving = [...images, "--augment", "shift:2,rotate"];
      await trained("moved", [...moving, "--every", "12"]);
      await trained("moved-in-spans", [...moving, "--every", "5"]);
      await trained("unmoved", images);
      const moved = lossesIn("moved");
      expect(lossesIn("moved-in-spans")).toEqual(moved);
      // An epoch has 5 steps: the first one of the second epoch sees other images than at first, and so do all of them.
      lossesIn("unmoved").forEach((loss, step) => expect(loss).not.toBe(moved[step]));
    },
  );

  it(
    "says of its loss how well it is known, so that two trainings can be told apart",
    { timeout: 60_000 },
    async () => {
      const short = [...SHORT, "--steps", "6", "--batch", "full"];
      const { loss, rounding } = await trained("narrow", short);
      await trained("slower", [...SHORT.slice(0, -1), "0.001", ...short.slice(SHORT.length)]);
      expect(rounding).toBeGreaterThan(0);
      expect(rounding).toBeLessThan(1e-5);
      const wide = await here([
        "profile",
        "mlp:64-8-10:tanh",
        "--data",
        "digits",
        "--limit",
        "300",
        "--weights",
        at("narrow/checkpoints/step-000006.safetensors"),
        "--precision",
        "float64",
        "--only",
        "loss",
        "--json",
      ]);
      const exact = RESULT_KINDS.profile.parse(JSON.parse(wide.out)).result.loss;
      expect(Math.abs(loss - exact)).toBeLessThanOrEqual(rounding ?? 0);
      const compared = await here(["compare", at("narrow"), at("slower"), "-v", "--force"]);
      expect(compared.out).toMatch(/≠\s+Loss\b/);
      const same = await here(["compare", at("narrow"), at("narrow"), "-v"]);
      expect(same.out).toMatch(/=\s+Loss\b/);
    },
  );

  it("leaves checkpoints that other verbs read, and a model with the last of them", { timeout: 120_000 }, async () => {
    const result = await trained("short", [...SHORT, "--steps", "4", "--every", "2", "--batch", "full"]);
    const run = await here([
      "trajectory",
      "mlp:64-8-10:tanh",
      at("short/checkpoints/*.safetensors"),
      "--data",
      "digits",
      "--limit",
      "300",
      "-o",
      "followed",
    ]);
    expect(run.code, run.err).toBe(0);
    const { points } = RESULT_KINDS.trajectory.parse(
      JSON.parse(readFileSync(at("followed", "result.json"), "utf8")),
    ).result;
    expect(points.map(({ loss }) => loss)).toEqual(result.checkpoints.map(({ loss }) => expect.closeTo(loss, 6)));
    const model = await here([
      "profile",
      at("short/model.onnx"),
      "--data",
      "digits",
      "--limit",
      "300",
      "--only",
      "loss",
      "--json",
    ]);
    expect(RESULT_KINDS.profile.parse(JSON.parse(model.out)).result.loss).toBeCloseTo(result.loss, 6);
  });

  it(
    "leaves checkpoints of a float64 training that are measured to their last digits",
    { timeout: 60_000 },
    async () => {
      const exact = ["--precision", "float64"];
      const double = await here([...SHORT, ...exact, "--steps", "2", "--every", "2", "-o", "double"]);
      expect(double.code, double.err).toBe(0);
      expect(double.err.replaceAll(/\s+/g, " ")).toContain("model.onnx holds them rounded");
      const { loss } = RESULT_KINDS.train.parse(JSON.parse(readFileSync(at("double/result.json"), "utf8"))).result;
      const at2 = at("double/checkpoints/step-000002.safetensors");
      const [data, weights] = [
        ["--data", "digits", "--limit", "300"],
        ["--weights", at2],
      ];
      const run = await here([
        "profile",
        "mlp:64-8-10:tanh",
        ...data,
        ...weights,
        ...exact,
        "--only",
        "loss",
        "--json",
      ]);
      const found = RESULT_KINDS.profile.parse(JSON.parse(run.out)).result;
      expect(Math.abs(found.loss - loss)).toBeLessThan(1e-14);
    },
  );

  it(
    "says that labels were replaced, how many, and what losses and accuracies are of",
    { timeout: 60_000 },
    async () => {
      const run = await here([...SHORT, "--steps", "2", "--label-noise", "0.4", "-o", "noisy"]);
      const { result } = RESULT_KINDS.train.parse(JSON.parse(readFileSync(at("noisy", "result.json"), "utf8")));
      const replaced = result.labelNoise?.replaced ?? 0;
      expect(result.labelNoise?.share).toBe(0.4);
      // 300 draws of 0.4: 120, with a deviation of 8.5.
      expect(Math.abs(replaced - 120)).toBeLessThan(43);
      const out = run.out.replaceAll(/\s+/g, " ");
      expect(out).toContain(`${replaced} labels, each label being drawn with a probability of 40.0 %, were replaced`);
      expect(out).toContain("of all examples, with the labels that it was trained on");
      const { labelNoise } = await trained("right", [...SHORT, "--steps", "2"]);
      expect(labelNoise).toBeNull();
    },
  );

  it("says of a number that is not the same with every optimiser what it is with which", async () => {
    const { out } = await here(["train", "--help"]);
    const text = out.replaceAll(/\s+/g, " ");
    expect(text).toMatch(
      /--weight-decay <N> weight decay w as L2 in the loss: wθ is added to the gradient \([^)]*\bsgd\b[^)]*\); /,
    );
    expect(text).toMatch(/decoupled: θ ← \(1 − ηw\)θ before the step \([^)]*\badamw\b[^)]*\)/);
  });

  it(
    "keeps running statistics: behind many steps at η ≈ 0 they are those of the data",
    { timeout: 120_000 },
    async () => {
      const steps = ["--optimizer", "sgd", "--lr", "1e-30", "--batch", "full", "--steps", "80", "--every", "80"];
      await trained("statistics", ["train", "resnet8:1x8x8", "--data", "digits", "--limit", "20", ...steps]);
      const weights = at("statistics/checkpoints/step-000080.safetensors");
      const behind = await loadProblem("resnet8:1x8x8", { data: "digits", limit: 20, weights });
      const { loss } = await behind.problem.point.value();
      await behind.close();
      const losses = lossesIn("statistics");
      // 0.9^80 of the first statistics is left; the variance is the unbiased one, which of 20 images of several places each differs by
      // little. With the first statistics the loss is 0.16 off.
      expect(loss).toBeCloseTo(losses[79], 1);
    },
  );

  it(
    "stops where the loss is not finite, with the step and the last good checkpoint",
    { timeout: 60_000 },
    async () => {
      const wild = [
        "train",
        "deep-linear:64-8-10",
        "--data",
        "digits",
        "--limit",
        "200",
        "--lr",
        "1e20",
        "--steps",
        "40",
      ];
      const run = await here([...wild, "--every", "2", "-o", "wild"]);
      expect(run.code, run.err).toBe(5);
      const { result } = RESULT_KINDS.train.parse(JSON.parse(readFileSync(at("wild", "result.json"), "utf8")));
      expect(result.stopped).not.toBeNull();
      expect(run.out.replaceAll(/\s+/g, " ")).toContain(`The loss of step ${result.stopped?.step} is not finite`);
      expect(result.stopped?.checkpoint).toBe(result.checkpoints.at(-1)?.file);
      expect(result.checkpoints.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    },
  );

  it.each([
    ["an unknown augmentation", ["--augment", "rotat:5"], 2, /no augmentation "rotat".*Did you mean rotate/s],
    [
      "an amount that there is not",
      ["--augment", "shift:0.5"],
      2,
      /shift,\s+pixels,\s+is\s+a\s+whole\s+number\s+above\s+0/,
    ],
    [
      "to move what is no image",
      ["--augment", "shift:1"],
      2,
      /no input has\s+examples\s+of\s+channels,\s+height\s+and\s+width/,
    ],
    ["an unknown optimiser", ["--optimizer", "adm"], 2, /no optimiser "adm".*Did you mean adam/s],
    ["a step size of 0", ["--lr", "0"], 2, /lr/],
    ["a step size that is no number", ["--lr", "NaN"], 2, /lr/],
    [
      "a number that the optimiser does not have",
      ["--optimizer", "adam", "--momentum", "0.9"],
      2,
      /adam has no\s+--momentum\..*--lr,.*--weight-decay/s,
    ],
    [
      "a number of two words that the optimiser does not have, as it was typed",
      ["--optimizer", "soap", "--weight-decay", "0.1"],
      2,
      /soap has no\s+--weight-decay\..*--lr,.*--shampoo-beta/s,
    ],
    [
      "a number of another optimiser",
      ["--optimizer", "sam", "--frequency", "3"],
      2,
      /sam has no\s+--frequency\..*--rho/s,
    ],
    ["a batch larger than the data", ["--batch", "301"], 2, /301 examples .* the data hold 300/],
    ["a batch of 0", ["--batch", "0"], 2, /batch/],
    ["a warm-up beyond the end", ["--warmup", "9", "--steps", "8"], 2, /rise\s+over\s+9\s+steps.*takes\s+8/s],
    ["epochs and steps", ["--epochs", "2", "--steps", "2"], 2, /Both --epochs and --steps/],
    ["a checkpoint of another graph", ["--weights", "whole/checkpoints/step-000000.safetensors"], 3, /shape|tensor/],
  ])("refuses %s", async (_what, args, code, message) => {
    const run = await here(["train", "mlp:64-4-10", "--data", "digits", "--limit", "300", ...args]);
    expect(run.code, run.err).toBe(code);
    expect(run.err).toMatch(message);
  });

  it("takes all examples at once where there are fewer than a batch that nobody asked for", async () => {
    await trained("few", ["train", "mlp:64-4-10", "--data", "digits", "--limit", "40", "--steps", "2"]);
    expect(lossesIn("few").length).toBe(2);
  });

  it("draws the weights of a built-in network from the seed, where its name says none", async () => {
    const weights = async (folder: string, args: readonly string[]) => {
      await trained(folder, ["train", ...args, "--data", "digits", "--limit", "40", "--steps", "1"]);
      return readFileSync(at(folder, "checkpoints/step-000000.safetensors")).toString("base64");
    };
    const seeded = await weights("seeded", ["mlp:64-4-10", "--seed", "5"]);
    expect(seeded).toBe(await weights("named", ["mlp:64-4-10@5"]));
    expect(seeded).not.toBe(await weights("unseeded", ["mlp:64-4-10"]));
  });

  it("ends at a checkpoint once its time is spent, and says so; --dry-run says what all would take", async () => {
    const run = await here([...SHORT, "--steps", "20", "--every", "5", "--time", "1ms", "-o", "timed"]);
    expect(run.code, run.err).toBe(5);
    const { result } = RESULT_KINDS.train.parse(JSON.parse(readFileSync(at("timed", "result.json"), "utf8")));
    expect(result.steps).toBeLessThan(20);
    expect(result.checkpoints.at(-1)?.step).toBe(result.steps);
    expect(run.err.replaceAll(/\s+/g, " ")).toContain(`The training ended early, after ${result.steps} of 20 steps`);
    const dry = await here([...SHORT, "--steps", "20", "--dry-run", "--json"]);
    expect(dry.code, dry.err).toBe(0);
    expect(z.object({ seconds: z.number().positive() }).parse(JSON.parse(dry.out)).seconds).toBeLessThan(60);
  });

  it("refuses labels outside the classes", async () => {
    const run = await here(["train", "mlp:64-4-3", "--data", "digits", "--limit", "300", "--loss", "cross-entropy"]);
    expect(run.code, run.err).toBe(3);
  });
});
