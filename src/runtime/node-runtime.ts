import * as ort from "onnxruntime-node";
import { onnxruntime } from "./onnxruntime.ts";
import type { Runtime } from "./runtime.ts";

export type Device = "cpu" | "cuda" | "webgpu";

/** ONNX Runtime in Node. */
export function nodeRuntime(options: { threads: number; device?: Device }): Runtime {
  const { threads, device = "cpu" } = options;
  return onnxruntime(ort, {
    description: `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}, ${device}`,
    threads,
    providers: [device],
  });
}
