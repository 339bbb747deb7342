import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeNpz } from "../../src/files/npz.ts";
import { encodeSafetensors } from "../../src/files/safetensors.ts";
import type { Value } from "../../src/graph/value.ts";
import { axpy } from "../../src/linalg/vector.ts";
import { add } from "../../src/ops/arithmetic.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { tanh } from "../../src/ops/unary.ts";
import { meanSquaredError } from "../../src/problem/losses/mean-squared-error.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import type { Shape, Tensor } from "../../src/util/tensor.ts";
import { array, buildProblem, networkBytes } from "./build-problem.ts";

/** How the Chebyshev polynomial T₆ is fitted on 20 points (Cohen et al. 2021): a tanh network with 30 and 20 units. */
export interface Training {
  readonly stepSize: number;
  readonly steps: number;
  /** Steps from one checkpoint to the next. */
  readonly every: number;
  readonly examples?: number;
  /** All examples when absent. */
  readonly batch?: number;
  readonly hidden?: readonly [number, number];
  readonly seed: number;
}

/** Trains by gradient descent in float64 and leaves model, data and checkpoints in a folder. */
export async function trainChebyshev(folder: string, training: Training): Promise<void> {
  const { stepSize, steps, every, examples: n = 20, batch = n, hidden: [one, two] = [30, 20], seed } = training;
  const x = array(
    [n, 1],
    Float64Array.from({ length: n }, (_, i) => -1 + (2 * i) / (n - 1)),
  );
  const y = array(
    [n, 1],
    Float64Array.from(x.data, (at) => Math.cos(6 * Math.acos(Math.min(1, Math.max(-1, at))))),
  );
  const random = createRandom(seed);
  // As PyTorch's layers begin: uniform to 1/√fan-in.
  const uniform = (shape: Shape, fanIn: number): Tensor => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return array(
      shape,
      Float64Array.from({ length: size }, () => (2 * random.uniform() - 1) / Math.sqrt(fanIn)),
    );
  };
  const parameters: Record<string, Tensor> = {
    "one.weight": uniform([1, one], 1),
    "one.bias": uniform([one], 1),
    "two.weight": uniform([one, two], one),
    "two.bias": uniform([two], one),
    "three.weight": uniform([two, 1], two),
    "three.bias": uniform([1], two),
  };
  const build = (input: Value, p: Readonly<Record<string, Value>>): Value => {
    const layer = (at: Value, name: string) => add(matmul(at, p[`${name}.weight`]), p[`${name}.bias`]);
    return layer(tanh(layer(tanh(layer(input, "one")), "two")), "three");
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "m.onnx"), networkBytes(x, parameters, build));
  writeFileSync(
    join(folder, "d.npz"),
    encodeNpz([
      ["x", x],
      ["y", y],
    ]),
  );
  await using problem = buildProblem({ x, y, parameters, build, loss: meanSquaredError });
  const theta = problem.point.parameters;
  const batches = random.split("batches");
  for (let step = 0; ; step++) {
    if (step % every === 0) {
      const name = `step-${String(step).padStart(6, "0")}.safetensors`;
      writeFileSync(join(folder, name), encodeSafetensors([...problem.space.unflatten(theta, "float64")]));
    }
    if (step === steps) return;
    const chosen = batch === n ? undefined : Int32Array.from(batches.permutation(n).subarray(0, batch));
    await using point = problem.at(theta, { examples: chosen });
    axpy(-stepSize, await point.gradient(), theta);
  }
}
