import type { Term } from "../term.ts";

export const bottleneckDistance: Term = {
  name: "bottleneck-distance",
  title: "Bottleneck distance",
  formula: String.raw`d_B(f, g) \le \|f - g\|_\infty`,
  text: "How far the bars of two functions are apart: the least ε by which the ends of bars must move so that every bar of one is a bar of the other, or has no length. It never exceeds the largest difference of the two functions, so noise of size ε cannot make or remove a bar longer than 2ε.",
  measured: "Exactly: bisection over all distances of ends, each tested by a matching.",
  source: "Cohen-Steiner, Edelsbrunner & Harer 2007, Stability of persistence diagrams",
  see: ["persistence"],
};
