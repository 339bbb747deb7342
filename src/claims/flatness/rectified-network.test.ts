import { describe, expect, it } from "vitest";
import { axpy, dot, norm2 } from "../../linalg/vector.ts";
import { createRandom } from "../../random/random-stream.ts";
import { inputsOf, rectifiedNetwork, weightsOf } from "./rectified-network.ts";

const WIDTHS = { inputs: 3, hidden: 5, outputs: 2 };
const random = createRandom(5);
const examples = inputsOf(7, WIDTHS, random);
const net = rectifiedNetwork(WIDTHS, examples, random.normalVector(14));
const home = weightsOf(WIDTHS, random);
const direction = random.normalVector(home.length);

const moved = (t: number) => {
  const there = home.slice();
  axpy(t, direction, there);
  return there;
};
const gradientAt = (at: Float64Array) => {
  const gradient = new Float64Array(at.length);
  net.gradient(at, gradient);
  return gradient;
};

describe("a rectified network", () => {
  it("has the derivatives that central differences give", () => {
    const step = 1e-5;
    const slope = (net.value(moved(step)) - net.value(moved(-step))) / (2 * step);
    expect(Math.abs(dot(gradientAt(home), direction) / slope - 1)).toBeLessThan(1e-7);
    const image = new Float64Array(home.length);
    net.hessianVector(home, direction, image);
    const [up, down] = [gradientAt(moved(step)), gradientAt(moved(-step))];
    const off = image.map((x, i) => x - (up[i] - down[i]) / (2 * step));
    expect(norm2(off) / norm2(image)).toBeLessThan(1e-7);
  });

  it("has JᵀJ for its Gauss–Newton matrix, as the outputs change", () => {
    const image = new Float64Array(home.length);
    net.gaussNewtonVector(home, direction, image);
    const step = 1e-5;
    const [up, down] = [net.outputs(moved(step)), net.outputs(moved(-step))];
    const square = norm2(up.map((y, i) => (y - down[i]) / (2 * step))) ** 2 / examples.length;
    expect(Math.abs(dot(image, direction) / square - 1)).toBeLessThan(1e-7);
  });
});
