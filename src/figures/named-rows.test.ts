import { compile } from "vega-lite";
import { logger, None, parse, View } from "vega";
import { describe, expect, it } from "vitest";
import { foremost, rowAxis, rowFrame } from "./named-rows.ts";
import { atWidth } from "./style.ts";
import { vegaLite } from "./vega-lite.ts";

const LONG = [
  "encoder.layers.11.self_attention.in_proj.weight",
  "encoder.layers.11.self_attention.in_proj.bias",
  "worst case relative to the weights (ASAM)",
  "fc.bias",
];

async function drawn(width: number): Promise<string> {
  const spec = rowFrame(20, {
    data: { values: LONG.map((name, i) => ({ name, size: i + 1 })) },
    layer: [{ mark: "bar", encoding: { y: rowAxis("name", LONG), x: { field: "size", type: "quantitative" } } }],
  });
  return new View(parse(compile(vegaLite(atWidth(spec, width)), { logger: logger(None) }).spec), {
    renderer: "none",
  }).toSVG();
}

describe("rowAxis", () => {
  it("shortens long names in the middle, so that they stay apart", async () => {
    const svg = await drawn(680);
    expect(svg.match(/>encoder[^<]*…[^<]*(?:weight|bias)</g)).toHaveLength(2);
    expect(svg).toContain(">worst case relative to the weights (ASAM)<");
  });

  it("sets names of several words in two lines where the page is narrow", async () => {
    const svg = await drawn(350);
    expect(svg).toMatch(/>worst case relative to<.*>the weights \(ASAM\)</);
    expect(svg).toContain(">fc.bias<");
  });
});

describe("foremost", () => {
  it("keeps the largest in their order, and all where there are few", () => {
    expect(foremost([3, 1, 2], (row) => row, 2)).toEqual({ shown: [3], others: [1, 2] });
    expect(foremost([1, 4, 2, 3], (row) => row, 3)).toEqual({ shown: [4, 3], others: [1, 2] });
    expect(foremost([3, 1, 2], (row) => row, 3)).toEqual({ shown: [3, 1, 2], others: [] });
  });
});
