import type { Draw, Template, Use } from "./fuzz-draw.ts";

/* Random uses of operators that pick elements by places or lengths. */

function gridSample(draw: Draw): Use {
  const rank = draw.pick([2, 2, 3]);
  const [examples, channels] = draw.ints(2, 1, 2);
  const extents = draw.ints(rank, 1, 5);
  const places = draw.float([examples, ...draw.ints(rank, 1, 3), rank], draw.chance(0.2));
  // Some lie far outside.
  const farness = draw.chance(0.3) ? 8 : 1;
  const modes = draw.opset < 20 ? ["bilinear", "nearest", "bicubic"] : ["linear", "nearest", "cubic"];
  return {
    inputs: [
      draw.float([examples, channels, ...extents]),
      { ...places, values: places.values.map((each) => Math.fround(farness * each)) },
    ],
    attributes: {
      // The runtime has cubic weights for images alone.
      mode: draw.pick(rank === 2 ? modes : modes.slice(0, 2)),
      padding_mode: draw.pick(["zeros", "border", "reflection"]),
      align_corners: draw.chance(0.5) ? draw.int(0, 1) : undefined,
    },
  };
}

function affineGrid(draw: Draw): Use {
  const rank = draw.pick([2, 3]);
  const examples = draw.int(1, 2);
  return {
    inputs: [
      draw.float([examples, rank, rank + 1], draw.chance(0.2)),
      draw.list(examples, draw.int(1, 2), ...draw.ints(rank, 1, 4)),
    ],
    attributes: { align_corners: draw.chance(0.5) ? draw.int(0, 1) : undefined },
  };
}

function reverseSequence(draw: Draw): Use {
  const shape = [...draw.ints(2, 1, 4), ...draw.shape(0, 2)];
  const time = draw.int(0, 1);
  return {
    inputs: [draw.float(shape), draw.integer([shape[1 - time]], 1, shape[time], draw.chance(0.5))],
    attributes: { time_axis: time, batch_axis: 1 - time },
  };
}

export const SAMPLING_TEMPLATES: Readonly<Record<string, Template>> = {
  GridSample: gridSample,
  AffineGrid: affineGrid,
  ReverseSequence: reverseSequence,
};
