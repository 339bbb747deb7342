import { tensorOf } from "../../graph/leaf.ts";
import type { Value } from "../../graph/value.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { gather } from "../../ops/gather.ts";
import { and, cast, greater, greaterOrEqual, lessOrEqual, maximum, minimum, where } from "../../ops/logic.ts";
import { matmul } from "../../ops/matmul.ts";
import { sliceAxis, stack } from "../../ops/movement.ts";
import { reduceMax } from "../../ops/reduction.ts";
import { reduceSum, reshape } from "../../ops/structure.ts";
import { abs, relu } from "../../ops/unary.ts";
import { FLOAT, INT, oneOf, since } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/** How an axis of each region is sampled. */
interface Sampling {
  /** Samples of a bin, the most of any region. */
  readonly samples: number;
  /** Weights of the elements below and above each sample, [regions, bins·samples, extent]. */
  readonly below: Value;
  readonly above: Value;
  /** Which samples a region has, [regions or 1, 1, samples, 1], and one over how many. */
  readonly taken: Value;
  readonly share: Value;
}

/** How many samples a bin of each region has: given, or as many as it has elements, where regions are known. */
function samplesOf(node: NodeContext, sizes: Value, bins: number): number[] {
  const given = node.int("sampling_ratio", 0);
  if (given > 0) return [given];
  const known = tensorOf(sizes);
  if (!known)
    node.unsupported(
      "takes as many samples as regions of the data are large",
      "Export the model with a sampling_ratio that is not 0.",
    );
  return Array.from(known.data, (size) => Math.max(0, Math.ceil(size / bins)));
}

/**
 * Linear interpolation at the samples of each bin, whose weights are hats: max(0, 1 − |place − i|). Samples more than one
 * element outside are 0, others outside are moved to the edge.
 */
function sampled(node: NodeContext, start: Value, sizes: Value, bins: number, extent: number): Sampling {
  const { graph } = node;
  const counts = samplesOf(node, sizes, bins);
  const samples = counts.reduce((most, each) => Math.max(most, each), 1);
  const { precision } = node.host;
  const numbers = (shape: number[], data: number[]) =>
    graph.constant({
      dtype: precision,
      shape,
      data: precision === "float32" ? Float32Array.from(data) : Float64Array.from(data),
    });
  const each = <T>(f: (count: number, i: number) => T) =>
    counts.flatMap((count) => Array.from({ length: samples }, (_, i) => f(count, i)));
  const fractions = counts.flatMap((count) =>
    Array.from({ length: bins * samples }, (_, at) => {
      const bin = Math.floor(at / samples);
      return (bin + ((at % samples) + 0.5) / Math.max(count, 1)) / bins;
    }),
  );
  const regions = sizes.shape[0];
  node.checkSize([regions, bins * samples, extent], false);
  const place = add(start, mul(sizes, numbers([counts.length, bins * samples], fractions)));
  const inside = cast(and(greaterOrEqual(place, -1), lessOrEqual(place, extent)), precision);
  const column = (x: Value) => reshape(x, [regions, bins * samples, 1]);
  const moved = column(minimum(maximum(place, 0), extent - 1));
  const elements = numbers(
    [extent],
    Array.from({ length: extent }, (_, i) => i),
  );
  const hat = mul(relu(sub(1, abs(sub(moved, elements)))), column(inside));
  const isAbove = greater(elements, moved);
  const shape = [counts.length, 1, samples, 1];
  return {
    samples,
    below: where(isAbove, 0, hat),
    above: where(isAbove, hat, 0),
    taken: numbers(
      shape,
      each((count, i) => Number(i < count)),
    ),
    share: numbers(
      shape,
      each((count, i) => (i < count ? 1 / count : 0)),
    ),
  };
}

/** Both the elements below and above, averaged over the samples of each bin: [regions, 1, bins, extent]. */
function averaged({ samples, below, above, share }: Sampling, bins: number): Value {
  const [regions, , extent] = below.shape;
  const weights = reshape(add(below, above), [regions, bins, samples, extent]);
  return reshape(reduceSum(mul(weights, share), [2]), [regions, 1, bins, extent]);
}

/** The largest of what single elements contribute to any sample of a bin, as the runtime defines it. */
function largest(images: Value, rows: Sampling, columns: Sampling, height: number, width: number): Value {
  const { graph, dtype } = images;
  const [regions, channels] = images.shape;
  const flat = (weights: Value) => reshape(weights, [regions, 1, ...weights.shape.slice(1)]);
  const parts = [rows.below, rows.above].flatMap((vertical) =>
    [columns.below, columns.above].map((horizontal) =>
      matmul(matmul(flat(vertical), images), flat(horizontal), { transposeB: true }),
    ),
  );
  const bins = reshape(stack(parts, 0), [4, regions, channels, height, rows.samples, width, columns.samples]);
  const taken = mul(
    reshape(rows.taken, [rows.taken.shape[0], 1, 1, rows.samples, 1, 1]),
    reshape(columns.taken, [columns.taken.shape[0], 1, 1, 1, 1, columns.samples]),
  );
  const found = reduceMax(where(greater(taken, 0), bins, graph.scalar(-3.4e38, dtype)), [0, 4, 6]);
  const some = reduceMax(taken, [3, 5]);
  const result = where(greater(some, 0), reshape(found, [regions, channels, height, 1, width, 1]), 0);
  return reshape(result, [regions, channels, height, width]);
}

/**
 * Regions of images on a grid of bins (He 2017): in each the mean, or the largest, of values interpolated between elements.
 * Along both axes weights are apart, so that a region is two products of matrices.
 */
function roiAlign(node: NodeContext): Value {
  const [x, regions, batch] = [node.input(0), node.input(1), node.input(2)];
  if (x.shape.length !== 4 || regions.shape.length !== 2 || regions.shape[1] !== 4)
    node.fail("shape-mismatch", `takes regions [${regions.shape.join(", ")}] of the shape [${x.shape.join(", ")}]`);
  const centred = node.opset >= 16 && node.string("coordinate_transformation_mode", "half_pixel") === "half_pixel";
  const placed = sub(mul(regions, node.float("spatial_scale", 1)), centred ? 0.5 : 0);
  const corner = (i: number) => sliceAxis(placed, 1, i, i + 1);
  const size = (i: number) => {
    const between = sub(corner(i + 2), corner(i));
    return centred ? between : maximum(between, 1);
  };
  const [height, width] = [node.int("output_height", 1), node.int("output_width", 1)];
  if (!(height >= 1 && width >= 1)) node.fail("bad-attribute", `makes ${height}×${width} bins`);
  node.checkSize([regions.shape[0], ...x.shape.slice(1)], false);
  const rows = sampled(node, corner(1), size(1), height, x.shape[2]);
  const columns = sampled(node, corner(0), size(0), width, x.shape[3]);
  const images = gather(x, batch, 0);
  if (node.string("mode", "avg") === "max") return largest(images, rows, columns, height, width);
  return matmul(matmul(averaged(rows, height), images), averaged(columns, width), { transposeB: true });
}

export const REGIONS: readonly OnnxRule[] = [
  {
    op: "RoiAlign",
    attributes: {
      coordinate_transformation_mode: since(16, oneOf("half_pixel", "output_half_pixel")),
      mode: oneOf("avg", "max"),
      output_height: INT,
      output_width: INT,
      sampling_ratio: INT,
      spatial_scale: FLOAT,
    },
    inputs: 3,
    slots: ["arithmetic", "structural"],
    import: roiAlign,
  },
];
