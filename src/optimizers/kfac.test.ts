import { expect, it } from "vitest";
import { norm2 } from "../linalg/vector.ts";
import { createRandom } from "../random/random-stream.ts";
import type { LayerFactors } from "../problem/layer-factors.ts";
import { kfac } from "./kfac.ts";

/** Of ½‖x‖², whose Gauss–Newton matrix is the identity: one unit with so many inputs from a place on. */
const layer = (from: number, columns: number): LayerFactors => ({
  layer: from,
  places: Int32Array.from({ length: columns }, (_, i) => from + i),
  rows: 1,
  columns,
  inputs: Float64Array.from({ length: columns ** 2 }, (_, i) => (i % (columns + 1) === 0 ? 1 : 0)),
  outputs: Float64Array.of(1),
});

it("blends the factors of a layer with its own, also where another is no layer on these examples", () => {
  const start = Float64Array.of(3, -2, 1);
  const walk = kfac.with({ damping: 0.5, frequency: 1 }).walk({ start, random: createRandom(1) });
  const lengths: number[] = [];
  let taken = 0;
  for (const query of walk) {
    if (query.kind === "layers")
      query.found = { layers: taken++ === 0 ? [layer(0, 1), layer(1, 2)] : [layer(1, 2)], products: 1 };
    else if (query.kind === "gradient") query.found.set(query.at);
    else if (query.kind === "gauss-newton") query.found.set(query.vector);
    else if (query.kind === "value") query.found = norm2(query.at) ** 2 / 2;
    else if (query.kind === "step" && lengths.push(norm2(query.weights)) === 4) break;
  }
  expect(lengths).toHaveLength(4);
  for (let i = 1; i < lengths.length; i++) expect(lengths[i]).toBeLessThan(lengths[i - 1]);
});
