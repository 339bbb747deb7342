import { z } from "zod";
import { defineStartKind, sizeOfPart } from "./start-kind.ts";

export const perturbed = defineStartKind({
  name: "perturbed",
  summary: "the weights of the file, each tensor with normal noise of a share of its size",
  parameters: z.object({
    size: z.number().positive().default(0.1).describe("deviation of the noise, relative to the tensor"),
  }),
  start({ size: share }, site, _index, stream) {
    const noise = stream.normalVector(site.theta.length);
    const start = site.theta.slice();
    for (const { offset, size } of site.tensors) {
      const scale = share * sizeOfPart(site, offset, size);
      for (let i = offset; i < offset + size; i++) start[i] += scale * noise[i];
    }
    return start;
  },
});
