import { z } from "zod";
import type { Value } from "../graph/value.ts";
import type { OrtModule } from "../runtime/onnxruntime.ts";
import { proveRuntime as prove } from "../runtime/prove-runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { webRuntime as runtimeOf } from "../runtime/web-runtime.ts";
import { readOptions } from "../util/options.ts";
import { requireArgument } from "../util/require-argument.ts";
import type { FloatType, Tensor } from "../util/tensor.ts";
import { aFunction, extents, named, precision } from "./graph-arguments.ts";

const runtimeMembers = z.looseObject({ description: z.string(), compile: aFunction, feed: aFunction });
const tensorMembers = z.looseObject({
  shape: extents,
  data: z.custom(ArrayBuffer.isView, { error: "it must be a typed array" }),
});

/**
 * Computes values on a device and on another runtime that is believed (WebAssembly), and returns the largest relative
 * distance ‖a − b‖/‖b‖ of one of them. A device's kernels may be wrong without an error: compare the derivatives of one
 * batch before you use it.
 *
 * @param limit the largest distance that passes: 1e-4 in float32, where rounding that cancellation enlarges may need more
 * @throws usage error `bad-argument`; check error `device-differs` when a value is further off
 */
export async function proveRuntime(
  outputs: ReadonlyMap<string, Value>,
  feeds: ReadonlyMap<string, Tensor>,
  device: Runtime,
  believed: Runtime,
  inPrecision: FloatType,
  limit?: number,
): Promise<number> {
  requireArgument("outputs", "proveRuntime", named.min(1), outputs);
  requireArgument("feeds", "proveRuntime", z.map(z.string(), tensorMembers), feeds);
  requireArgument("device", "proveRuntime", runtimeMembers, device);
  requireArgument("believed runtime", "proveRuntime", runtimeMembers, believed);
  requireArgument("precision", "proveRuntime", precision, inPrecision);
  requireArgument("limit", "proveRuntime", z.number().min(0).optional(), limit);
  return prove(outputs, feeds, device, believed, inPrecision, limit);
}

const ortMembers = z.looseObject({
  InferenceSession: z.custom((x) => typeof x === "object" || typeof x === "function", {
    error: "it must be that of onnxruntime-web",
  }),
  Tensor: aFunction,
});

const webOptions = z.object({ threads: z.int().min(1), device: z.enum(["wasm", "webgpu"]).optional() });

/**
 * ONNX Runtime in a browser. The page hands in the module (`onnxruntime-web`), because where its WebAssembly files lie,
 * and how many threads its headers allow, is the page's business.
 *
 * @throws usage error `bad-argument`, and those of options
 */
export function webRuntime(ort: OrtModule, options: { threads: number; device?: "wasm" | "webgpu" }): Runtime {
  requireArgument("module", "webRuntime", ortMembers, ort);
  return runtimeOf(ort, readOptions("webRuntime", webOptions, options));
}
