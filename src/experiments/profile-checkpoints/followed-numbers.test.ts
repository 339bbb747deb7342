import { describe, expect, it } from "vitest";
import { oneCheckpoint } from "../../../test/support/one-checkpoint.ts";
import { checkpointFigures } from "./checkpoint-figures.ts";
import { checkpointSections } from "./checkpoint-sections.ts";
import { checkpointsResult } from "./checkpoints-result.ts";

const reading = (instrument: string, label: string, value: number | null, symbol: string | null = null) => ({
  instrument,
  label,
  symbol,
  value: String(value ?? "n/a"),
  number: value === null ? null : { value, error: 0.1 },
});

type Followed = NonNullable<Parameters<typeof oneCheckpoint>[1]>["followed"];

const checkpoint = (weights: string, followed: Followed) => oneCheckpoint(weights, { followed });

describe("what is followed over the checkpoints", () => {
  const result = checkpointsResult.parse({
    checkpoints: [
      checkpoint("step-1", [reading("tides", "Height found", 3, "h"), reading("moons", "Moons", 1)]),
      checkpoint("step-2", [reading("tides", "Height", 4, "h"), reading("tides", "Depth", 2)]),
      checkpoint("step-3", [reading("tides", "Height", 5, "h"), reading("moons", "Moons", null)]),
    ],
    converged: true,
    products: 0,
  });

  it("is whatever instruments there are have looked for first, in columns", () => {
    const [{ table }] = checkpointSections(result);
    expect(table).toEqual({
      columns: ["weights", "Height found", "Moons", "Depth"],
      rows: [
        ["step-1", "3", "1", "n/a"],
        ["step-2", "4", "n/a", "2"],
        ["step-3", "5", "n/a", "n/a"],
      ],
    });
  });

  it("is drawn where two checkpoints have it", () => {
    const drawn = checkpointFigures(result).map(({ name, of }) => [name, of(result)?.table.rows] as const);
    expect(drawn).toEqual([
      [
        "checkpoints-tides",
        [
          ["step-1", 3, 0.1],
          ["step-2", 4, 0.1],
          ["step-3", 5, 0.1],
        ],
      ],
      ["checkpoints-moons", undefined],
      ["checkpoints-tides-2", undefined],
    ]);
  });
});
