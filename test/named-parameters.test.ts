import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { encodeNpz } from "../src/files/npz.ts";
import { runProfile } from "../src/instruments/profile.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { decodeModel, type ModelFile } from "../src/onnx/decode-model.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { formatMeasured } from "../src/util/format-number.ts";
import { sizeOf } from "../src/util/tensor.ts";

/*
 * Which tensors are trained is not in a file. `named-parameters/` holds networks as people write them, exported by PyTorch, with
 * what `named_parameters()` says. No tensor may be taken for what it is not in silence: it is right, or it is named as
 * one of which the file does not say.
 */

const FOLDER = fileURLToPath(new URL("named-parameters", import.meta.url));

const truth = z
  .record(z.string(), z.object({ trained: z.record(z.string(), z.number()), fixed: z.array(z.string()) }))
  .parse(JSON.parse(readFileSync(join(FOLDER, "truth.json"), "utf8")));

/** What cannot be told, is taken for the wrong thing, and is said: by file, the tensors. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  // Single numbers, which start as short decimals where they are trained too.
  distillation: ["T"],
  temperature: ["temperature"],
  arcface: ["s"],
  lora: ["scaling"],
  rotations: ["embedding_range", "gamma"],
  teleport: ["alpha"],
  equalized: ["factor"],
  huber: ["knee"],
  "activations-scaled": ["sigma_data"],
  divisive: ["gdn.least_beta.bound", "gdn.least_beta.pedestal", "gdn.least_gamma.bound"],
  "inputs-standardized": ["x_low", "x_width"],
  "targets-standardized": ["y_centre", "y_spread"],
  // In the place of a weight, with values that weights start from or are random.
  mel: ["fb"],
  pca: ["components"],
  rotation: ["rot"],
  "rotation-folded": ["rot"],
  queue: ["queue"],
  teacher: ["teacher_w"],
  reservoir: ["W_in", "W_res"],
  sinc: ["n_", "window_"],
  noisy: ["weight_epsilon"],
  style: ["noise_const"],
  "style-initial": ["noise_const"],
  rainbow: ["bias_epsilon", "weight_epsilon"],
  // The name, or the place, of a layer's weight is only doubted.
  "frozen-norm": ["bn1.bias", "bn1.weight"],
  "second-gain": ["feature_weights"],
  coupling: ["mask"],
  "sobel-as-weight": ["edge.weight"],
  masks: ["mask"],
  "chosen-features": ["feature_gate"],
  "branches-scaled": ["path_scale"],
  routes: ["correction_bias"],
  "class-frequencies": ["log_freq"],
  "offsets-of-outputs": ["offsets"],
  "class-codes": ["codes"],
  "inputs-perturbed": ["noise"],
  pattern: ["pattern"],
  places: ["pe"],
  clipped: ["hi", "lo"],
  "positions-embedded": ["embed_positions.weight"],
  // Modules of which nothing but the name, or an adapter beside them, says that they are not trained.
  "teacher-module": ["teacher.0.bias", "teacher.0.weight", "teacher.2.bias", "teacher.2.weight"],
  "target-network": ["target.0.bias", "target.0.weight", "target.2.bias", "target.2.weight"],
  adapters: ["base.bias", "base.weight"],
  // Trained, and held constant: their names and first values are those of numbers that nobody trains.
  "filter-response": ["eps"],
  "filter-response-initial": ["eps"],
  "upper-initial": ["upper"],
  "learned-mask-initial": ["mask"],
  // Trained in other networks of the same graph: codebook-trained, centres-trained, gaussian-process.
  "codebook-averaged": ["codebook"],
  "centres-fixed": ["mu"],
  landmarks: ["landmarks"],
  "landmarks-folded": ["onnx::Sub_20"],
  // Held constant: standard deviations of targets stand in the same place (denormalized).
  "output-scales": ["scales"],
  // The exporter computed with the parameters, and wrote down what came out.
  "uncertainty-folded": ["onnx::Exp_19"],
  "variance-shared-folded": ["onnx::Add_24", "onnx::Exp_23"],
  "swin-folded": ["onnx::Add_26", "onnx::MatMul_27"],
};

/** Trained, and named as if they might not be: as few as possible. */
const DOUBTED: Readonly<Record<string, readonly string[]>> = {
  // Rows that labels pick, and values of a formula.
  "centre-loss": ["centers"],
  "centres-trained": ["mu"],
  // Fixed in other networks of the same graph: codebook-averaged, masses.
  "codebook-trained": ["codebook"],
  "input-scale": ["in_scale"],
  // What balances it was folded.
  "uncertainty-folded": ["log_vars"],
  // Factors of activations, and matrices, whose names say nothing.
  snake: ["s"],
  sinc: ["low_hz_"],
  noisy: ["weight_sigma"],
  rainbow: ["weight_sigma", "bias_sigma"],
  "learned-mask": ["mask"],
  // Limits are seldom trained.
  "filter-response": ["tau"],
  "filter-response-initial": ["tau"],
  // Factors of tensors before any input enters.
  style: ["noise_strength"],
  "style-initial": ["noise_strength"],
  // Centres of distances are fixed in other networks of the same graph.
  prototypes: ["cluster_centers"],
  mixture: ["pi", "cluster_centers"],
  // Single numbers start as short decimals where they are trained, too.
  "short-names": ["full"],
  "short-names-initial": ["full", "t0"],
  "short-names-folded": ["full"],
  // Heads are trained beside adapters, or are not.
  adapters: ["h.weight", "h.bias"],
};

interface Reading {
  /** Taken for what they are not. */
  readonly wrong: readonly string[];
  /** Those of them that nothing names. */
  readonly silent: readonly string[];
  /** Trained, and named as if they might not be. */
  readonly doubted: readonly string[];
}

function readingOf(model: ModelFile, { trained, fixed }: (typeof truth)[string]): Reading {
  const others = [...model.constants, ...model.statistics];
  // A name that the exporter made up is wrong where the count is, and is said to be the exporter's own.
  const count = model.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const right = Object.values(trained).reduce((sum, size) => sum + size, 0);
  const madeUp = model.notices
    .filter(({ code }) => code === "renamed-weights" || code === "folded-norms")
    .map(({ message }) => message)
    .join(" ");
  const known = new Set([...Object.keys(trained), ...fixed]);
  const wrong = [
    ...model.parameters.filter(({ name }) => fixed.includes(name)),
    ...others.filter(({ name }) => Object.hasOwn(trained, name)),
    ...(count > right ? model.parameters.filter(({ name }) => !known.has(name) && madeUp.includes(name)) : []),
    ...(count < right ? others.filter(({ name, open }) => open && !known.has(name)) : []),
  ];
  return {
    wrong: wrong.map(({ name }) => name).sort(),
    silent: wrong.filter(({ name, open }) => !open && !madeUp.includes(name)).map(({ name }) => name),
    doubted: model.parameters
      .filter((each) => each.open && !fixed.includes(each.name) && !wrong.includes(each))
      .map(({ name }) => name),
  };
}

const readings = Object.entries(truth).map(([name, of]) => {
  const file = `${name}.onnx`;
  const model = decodeModel(new Uint8Array(readFileSync(join(FOLDER, file))), { file });
  return { name, of, model, ...readingOf(model, of) };
});

describe("which tensors are trained, held against named_parameters()", () => {
  test.each(readings)("$name", ({ name, silent, wrong, doubted, of, model }) => {
    expect(silent).toEqual([]);
    expect(wrong).toEqual([...(SAID[name] ?? [])].sort());
    expect(doubted).toEqual(DOUBTED[name] ?? []);
    const count = model.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    if (wrong.length === 0) expect(count).toBe(Object.values(of.trained).reduce((sum, size) => sum + size, 0));
  });
});

const folder = mkdtempSync(join(tmpdir(), "doubt-"));
const DATA = join(folder, "data.npz");
const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed * (i + 1) ** 2));
writeFileSync(
  DATA,
  encodeNpz(
    new Map([
      ["x", { dtype: "float32" as const, shape: [12, 4], data: numbers(48, 1.3).map((each) => 5 * each) }],
      ["y", { dtype: "float32" as const, shape: [12, 3], data: numbers(36, 2.7) }],
    ]),
  ),
);
afterAll(() => rmSync(folder, { recursive: true }));

test("how much of ‖g‖² lies in tensors in doubt is a warning, and --freeze gives the numbers without them", async () => {
  const gradientOf = async (freeze?: string[]) => {
    const loaded = await loadProblem(join(FOLDER, "input-scale.onnx"), { data: DATA, freeze, threads: 1 });
    const { result } = await runProfile(loaded.problem, { only: "gradient" }, createRandom(0), {});
    await loaded.close();
    return { loaded, result };
  };
  const { loaded, result } = await gradientOf();
  const doubt = "in_scale (4 numbers) counts as trained, though nothing in the file says so; --freeze in_scale";
  expect(loaded.warnings.some((warning) => warning.startsWith(doubt))).toBe(true);
  const gradient = result.gradient;
  const lengthOf = (wanted: string) => gradient?.tensors.find(({ name }) => name === wanted)?.norm ?? 0;
  const share = (lengthOf("in_scale") / (gradient?.norm ?? 0)) ** 2;
  expect(gradient?.doubtful?.names).toEqual(["in_scale"]);
  expect(gradient?.doubtful?.share).toBeCloseTo(share, 12);
  expect(share).toBeGreaterThan(0.01);
  const frozen = await gradientOf(["in_scale"]);
  expect(frozen.loaded.warnings.join(" ")).not.toContain("counts as trained");
  expect(frozen.result.gradient?.doubtful).toBeNull();
  const without = formatMeasured(frozen.result.gradient?.norm ?? 0);
  const verdict = result.verdicts.find(({ text }) => text.includes("in_scale"));
  expect(verdict).toMatchObject({ level: "warn", instrument: "gradient" });
  expect(verdict?.text).toContain(`‖g‖ = ${without}`);
});
