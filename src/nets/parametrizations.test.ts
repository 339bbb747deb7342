import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { openedNets } from "../../test/support/open-net.ts";

const open = openedNets();
const [EXAMPLES, INPUTS, OUTPUTS] = [16, 8, 3];
const random = createRandom(11);
const drawn = (shape: readonly number[], name: string) => ({
  dtype: "float64" as const,
  shape,
  data: random.split(name).normalVector(EXAMPLES * shape[1]),
});
const data = { x: drawn([EXAMPLES, INPUTS], "x"), y: drawn([EXAMPLES, OUTPUTS], "y") };
const meanSquare = (x: Float64Array) => x.reduce((sum, each) => sum + each * each, 0) / x.length;

/** Root mean squares over three networks: of the outputs, and of how far one step of gradient descent moves them. */
async function outputsAndMoves(name: string, width: number): Promise<{ size: number; move: number }> {
  let [size, move] = [0, 0];
  for (let seed = 0; seed < 3; seed++) {
    const problem = open(`mlp:${INPUTS}-${width}-${width}-${OUTPUTS}:tanh:${name}@${seed}`, data);
    const { point } = problem;
    const slope = await point.gradient();
    const before = await point.outputs();
    const there = problem.at(point.parameters.map((x, i) => x - 0.01 * slope[i]));
    const after = await there.outputs();
    await there.release();
    size += meanSquare(before) / 3;
    move += meanSquare(after.map((x, i) => x - before[i])) / 3;
  }
  return { size: Math.sqrt(size), move: Math.sqrt(move) };
}

describe("under one step size a step moves the outputs", () => {
  // Widths 64 and 512: eight times as wide.
  it.each([
    ["lecun", "further, the wider the network", { size: 1, move: 8 }],
    ["ntk", "alike at every width, of outputs of one size", { size: 1, move: 1 }],
    ["mup", "alike at every width, of outputs that vanish", { size: 8 ** -0.5, move: 1 }],
  ])("of %s %s", async (name, _says, expected) => {
    const [narrow, wide] = [await outputsAndMoves(name, 64), await outputsAndMoves(name, 512)];
    expect(Math.abs(Math.log(wide.size / narrow.size / expected.size))).toBeLessThan(Math.log(1.6));
    expect(Math.abs(Math.log(wide.move / narrow.move / expected.move))).toBeLessThan(Math.log(1.6));
  });
});
