import type { RandomStream } from "../../random/random-stream.ts";
import { sizeOf } from "../../util/tensor.ts";
import type { Initialization } from "./initialization.ts";

/** Uniform within ±1/√inputs. */
function draw(size: number, fanIn: number, random: RandomStream): Float64Array {
  const bound = 1 / Math.sqrt(fanIn);
  return Float64Array.from({ length: size }, () => bound * (2 * random.uniform() - 1));
}

export const pytorch: Initialization = {
  name: "pytorch",
  summary: "uniform within ±1/√inputs, biases too: what torch.nn.Linear and Conv2d begin with",
  source: "PyTorch, torch.nn.Linear",
  draw: ({ shape, fanIn }, random) => draw(sizeOf(shape), fanIn, random),
  drawBias: (size, { fanIn }, random) => draw(size, fanIn, random),
};
