import type { Value } from "../graph/value.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { emitModel } from "../onnx/emit-model.ts";
import type { FloatType, Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Runtime } from "./runtime.ts";

/** Some hundred roundings. */
const LIMITS: Readonly<Record<FloatType, number>> = { float32: 1e-4, float64: 1e-11 };

/**
 * Computes values on a device and on another runtime that is believed (WebAssembly), each with its own
 * lowering, and returns the largest relative distance ‖a − b‖/‖b‖ of one of them. A device's kernels may
 * be wrong without an error: compare the derivatives of one batch before you use it.
 *
 * @param limit the largest distance that passes: 1e-4 in float32, where rounding that cancellation
 *   enlarges may need more
 * @throws usage error `feed-missing`; check error `device-differs` when a value is further off
 */
export async function proveRuntime(
  outputs: ReadonlyMap<string, Value>,
  feeds: ReadonlyMap<string, Tensor>,
  device: Runtime,
  believed: Runtime,
  precision: FloatType,
  limit = LIMITS[precision],
): Promise<number> {
  const [there, here] = [
    await compute(outputs, feeds, device, precision),
    await compute(outputs, feeds, believed, precision),
  ];
  let worst = 0;
  for (const [name, { data }] of here) {
    const error = distance(there.get(name)?.data ?? [], data);
    if (!(error <= limit)) {
      throw new ThalwegError({
        kind: "check",
        code: "device-differs",
        message: `${device.description} computes ${name} wrongly: it is ${error.toExponential(1)} off, relative, from ${believed.description}.`,
        hint: "Compute on the other runtime.",
      });
    }
    worst = Math.max(worst, error);
  }
  return worst;
}

async function compute(
  outputs: ReadonlyMap<string, Value>,
  feeds: ReadonlyMap<string, Tensor>,
  runtime: Runtime,
  precision: FloatType,
): Promise<Map<string, Tensor>> {
  const target = { precision, portable: true, device: runtime.device };
  const lowered = lowerGraph([...outputs.values()], target);
  const named = new Map([...outputs.keys()].map((name, i) => [name, lowered[i]]));
  const model = emitModel(named, target);
  const missing = [...model.inputs.keys()].find((name) => !feeds.has(name));
  if (missing !== undefined)
    throw new ThalwegError({
      kind: "usage",
      code: "feed-missing",
      message: `Nothing feeds the input ${missing} of the graph.`,
      hint: "Give a tensor for each input that the outputs need.",
    });
  const executable = await runtime.compile(model);
  const given = new Map([...feeds].map(([name, tensor]) => [name, runtime.feed(tensor)]));
  try {
    return await executable.run(given);
  } finally {
    await executable.release();
    for (const feed of given.values()) feed.release();
  }
}

/** Relative; 0 where both are zero, and NaN where one is no number. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += ((a[i] ?? Number.NaN) - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size);
}
