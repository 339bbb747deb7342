import { z } from "zod";
import { defineStartKind, sizeOfPart } from "./start-kind.ts";

export const random = defineStartKind({
  name: "random",
  summary:
    "normal weights, each tensor of the size that it has in the file, all times a factor from 1/spread to spread",
  parameters: z.object({
    spread: z
      .number()
      .min(1)
      .default(4)
      .describe("largest factor; its logarithm is uniform, so that small weights come up, too"),
  }),
  start({ spread }, site, _index, stream) {
    const factor = spread ** (2 * stream.uniform() - 1);
    const start = stream.normalVector(site.theta.length);
    for (const { offset, size } of site.tensors) {
      const scale = factor * sizeOfPart(site, offset, size);
      for (let i = offset; i < offset + size; i++) start[i] *= scale;
    }
    return start;
  },
});
