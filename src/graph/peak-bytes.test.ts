import { describe, expect, it } from "vitest";
import { add, mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape, sumAll } from "../ops/structure.ts";
import { tanh } from "../ops/unary.ts";
import { Graph } from "./graph.ts";
import { peakBytes } from "./peak-bytes.ts";

const N = 10;
const SQUARE = 8 * N * N;

function square() {
  const graph = new Graph();
  return { graph, x: graph.input("x", "float64", [N, N]) };
}

describe("what a run holds at most", () => {
  it("counts neither inputs nor constants", () => {
    const { graph, x } = square();
    const constant = graph.constant({ dtype: "float64", shape: [N, N], data: new Float64Array(N * N).fill(2) });
    expect(peakBytes([x])).toBe(0);
    expect(peakBytes([matmul(x, constant)])).toBe(SQUARE);
  });

  it("lets go of what nobody needs: a chain of products holds two at a time", () => {
    const { x } = square();
    let h = matmul(x, x);
    for (let i = 0; i < 5; i++) h = matmul(h, x);
    expect(peakBytes([h])).toBe(2 * SQUARE);
  });

  it("puts elementwise results where their input was, and not where it is needed again", () => {
    const { x } = square();
    const h = matmul(x, x);
    expect(peakBytes([tanh(tanh(h))])).toBe(SQUARE);
    expect(peakBytes([mul(matmul(tanh(h), x), h)])).toBe(3 * SQUARE);
  });

  it("takes views for what they are of", () => {
    const { x } = square();
    const h = reshape(matmul(x, x), [N * N]);
    expect(peakBytes([h])).toBe(SQUARE);
    expect(peakBytes([reshape(h, [N, N]), h])).toBe(SQUARE);
  });

  it("holds outputs to the end, and what is used late until then", () => {
    const { x } = square();
    const first = matmul(x, x);
    const second = matmul(first, x);
    const third = matmul(second, x);
    expect(peakBytes([first, second, third])).toBe(3 * SQUARE);
    const sums = [first, second, third].map(sumAll);
    // The last is asked for first, and of its inputs the latest: when the first two are summed, the third is not there yet.
    expect(peakBytes([sums[2], add(sums[0], sums[1])])).toBe(2 * SQUARE + 16);
    // Here it is there first, and the others with it.
    expect(peakBytes([add(sums[0], sums[1]), sums[2]])).toBe(3 * SQUARE + 8);
  });
});
