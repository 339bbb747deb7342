import { onnxruntime, type OrtModule } from "./onnxruntime.ts";
import type { Runtime } from "./runtime.ts";

/**
 * ONNX Runtime in a browser. The page hands in the module (`onnxruntime-web`), because where its
 * WebAssembly files lie, and how many threads its headers allow, is the page's business.
 */
export function webRuntime(ort: OrtModule, options: { threads: number; device?: "wasm" | "webgpu" }): Runtime {
  const { threads, device = "wasm" } = options;
  return onnxruntime(ort, { description: `onnxruntime-web, ${device}`, threads, providers: [device] });
}
