import { expect, it } from "vitest";
import { textWidth } from "./text-width.ts";

// Widths of DejaVu Sans at 1000 px, as Pillow measures them.
it.each([
  ["rnn.weight_ih_l0_reverse", 12_435],
  ["blocks.0.attn.proj.weight", 12_398],
  ["downward curvature", 10_305],
  ["λₙ₋₁", 1919],
])("%s is as wide as in DejaVu Sans, or up to a quarter wider", (text, width) => {
  const estimate = textWidth({ fontSize: 1000 }, text);
  expect(estimate).toBeGreaterThanOrEqual(width);
  expect(estimate).toBeLessThan(1.25 * width);
});
