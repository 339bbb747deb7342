/** @thorough Two hundred steps of twelve networks: a minute. */

import { describe, expect, it } from "vitest";
import { commandLine } from "./support/command-line.ts";
import { curvesOf, followed } from "./support/torch-curves.ts";

/*
 * Training against PyTorch: plain and heavy-ball SGD, Adam and AdamW on LeNet, a GPT and a ResNet with BatchNormalization; MLPs are in
 * train.test.ts. The ResNet is trained in float64: in float32 PyTorch leaves its own float64 curve by 1e-2 on the way, where rounding
 * carries a unit over the kink of its ReLU.
 */

const line = commandLine();
const large = curvesOf((network) => !network.startsWith("mlp"));

describe("training of larger networks", () => {
  it("is compared for four optimisers on each", () => {
    const kinds = large.map(({ network }) => network.split(":")[0]);
    expect(kinds.toSorted()).toEqual(["gpt", "lenet", "resnet8"].flatMap((kind) => Array(4).fill(kind)));
  });

  it.each(large.map((curve) => [curve.title, curve] as const))(
    "%s: the losses of PyTorch to 1e-4, in float64 to 1e-9",
    { timeout: 240_000 },
    async (_title, curve) => {
      const losses = await followed(line, curve);
      expect(losses.length).toBe(200);
      expect(curve.losses.length).toBe(200);
      const off = losses.map((loss, step) => Math.abs(loss - curve.losses[step]));
      expect(Math.max(...off)).toBeLessThan(curve.args.includes("float64") ? 1e-9 : 1e-4);
    },
  );
});
