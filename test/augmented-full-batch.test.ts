import { describe, expect, it } from "vitest";
import { commandLine, floats, labels, readArrays } from "./support/command-line.ts";

const { at, here, npz } = commandLine();

/** A number of a 4 × 4 image, by its place among all. */
const wave = (i: number) => Math.sin(3.7 * i + 0.3);

describe("training on all examples at once, moved anew in each step", () => {
  it("is that of examples that are stored so, several steps a call", { timeout: 60_000 }, async () => {
    const images = (name: string, pixel: (i: number) => number) =>
      npz(name, { x: floats([6, 1, 4, 4], pixel), y: labels([0, 1, 2, 0, 1, 2]) });
    const losses = async (folder: string, data: string, more: readonly string[]) => {
      const asked = ["train", "mlp:1x4x4-5-3:tanh", "--batch", "full", "--steps", "9", "--every", "9", "--lr", "0.1"];
      const run = await here([...asked, "--data", data, ...more, "-o", folder]);
      expect(run.code, run.err).toBe(0);
      return Array.from(readArrays(at(folder, "arrays.npz")).get("loss")?.data ?? []);
    };
    const flipped = await losses("flipped", images("plain.npz", wave), ["--augment", "flip:1"]);
    const mirrored = images("mirrored.npz", (i) => wave(i - (i % 4) + 3 - (i % 4)));
    const stored = await losses("stored", mirrored, []);
    expect(new Set(flipped).size).toBe(9);
    expect(flipped).toEqual(stored.map((loss) => expect.closeTo(loss, 6)));
  });
});
