/** @thorough Five thousand steps at each of three step sizes: half a minute. */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { RESULT_KINDS } from "../src/documents/result-kinds.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { commandLine, floats } from "./support/command-line.ts";

/*
 * Under mini-batch SGD the batch sharpness rises to 2/η and stays there (Andreyev & Beneventano 2024), whatever η is: from less than it
 * behind the first steps, on a thousand digits of which each pixel has the mean 0.
 */

const { at, here, npz } = commandLine();

const EXAMPLES = 1000;
const PIXELS = 64;
const CLASSES = 10;

beforeAll(async () => {
  const { problem, close } = await loadProblem("mlp:64-10", { data: "digits", limit: EXAMPLES });
  const { inputs, y } = problem.dataset.batch(0, EXAMPLES);
  await close();
  const pixels = Object.values(inputs)[0].data;
  const means = Array.from({ length: PIXELS }, (_, pixel) => {
    let sum = 0;
    for (let i = pixel; i < pixels.length; i += PIXELS) sum += pixels[i];
    return sum / EXAMPLES;
  });
  npz("centred.npz", {
    x: floats([EXAMPLES, PIXELS], (i) => pixels[i] - means[i % PIXELS]),
    y: floats([EXAMPLES, CLASSES], (i) => (y.data[Math.floor(i / CLASSES)] === i % CLASSES ? 1 : 0)),
  });
});

describe("batch sharpness", () => {
  it.each([3, 4, 5])("settles at 2/η within a tenth: η = %i", { timeout: 240_000 }, async (lr) => {
    const folder = `lr-${lr}`;
    const command =
      "train mlp:64-64-10:tanh --data centred.npz --loss mse --batch 128 --steps 5000 --every 5000 " +
      `--track batch-sharpness --track-every 200 --lr ${lr} -o ${folder}`;
    const run = await here(command.split(" "));
    expect(run.code, run.err).toBe(0);
    const { result } = RESULT_KINDS.train.parse(JSON.parse(readFileSync(at(folder, "result.json"), "utf8")));
    const [{ series, limit }] = result.tracked?.quantities ?? [];
    expect(limit?.values.at(-1)).toBeCloseTo(2 / lr, 12);
    const shares = series[0].values.map((value) => ((value ?? Number.NaN) * lr) / 2);
    expect(shares[1]).toBeLessThan(0.85);
    const late = shares.slice(-10);
    expect(Math.abs(late.reduce((sum, share) => sum + share, 0) / late.length - 1)).toBeLessThan(0.1);
    for (const share of late) expect(Math.abs(share - 1)).toBeLessThan(0.2);
  });
});
