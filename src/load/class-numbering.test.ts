import { describe, expect, it } from "vitest";
import { aboutNumbering, classNumbering } from "./class-numbering.ts";

const CLASSES = 3;

/** What is said where each prediction stands beside a label so often. */
function said(pairs: readonly (readonly [label: number, predicted: number, times: number])[]): string | undefined {
  const rows = pairs.flatMap(([label, predicted, times]) =>
    Array.from({ length: times }, () => ({ label, predicted })),
  );
  const scores = rows.flatMap(({ predicted }) => [0, 1, 2].map((c) => (c === predicted ? 1 : 0)));
  const samples = {
    shape: [rows.length, CLASSES],
    batches: [Float64Array.from(scores)],
    examples: [rows.map((_, i) => i)],
  };
  const labels = { labelsOf: (example: number) => [rows[example].label], shape: [rows.length] };
  return aboutNumbering(classNumbering(1, samples, labels), undefined);
}

describe("another numbering of the classes", () => {
  it("is said where the predictions tell the labels apart under other numbers", () => {
    const other = [
      [0, 1, 9],
      [1, 2, 10],
      [2, 0, 8],
      [2, 1, 1],
    ] as const;
    expect(said(other)).toMatch(/right on 0 % of the labels; were they numbered otherwise .*it would be on 96\.4 %/);
    // Labels of which most are alike, and a network that finds the others.
    const uneven = [
      [0, 1, 80],
      [1, 0, 18],
      [0, 0, 2],
    ] as const;
    expect(said(uneven)).toMatch(/right on 2 % .*it would be on 98 %/);
  });

  it("is not, where one answer stands beside the commonest label: that tells no label from another", () => {
    const always = [
      [0, 2, 78],
      [1, 2, 19],
      [0, 1, 2],
      [1, 1, 1],
    ] as const;
    expect(said(always)).toBeUndefined();
    const untrained = [
      [0, 1, 23],
      [1, 1, 6],
      [0, 0, 1],
    ] as const;
    expect(said(untrained)).toBeUndefined();
  });
});
