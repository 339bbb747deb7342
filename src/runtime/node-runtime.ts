import * as ort from "onnxruntime-node";
import { onnxruntime } from "./onnxruntime.ts";
import type { Runtime } from "./runtime.ts";

export type Device = "cpu" | "cuda" | "webgpu";

/** ONNX Runtime in Node. */
export function nodeRuntime(options: { threads: number; device?: Device }): Runtime {
  const { threads, device = "cpu" } = options;
  // Its errors reach us as exceptions; on stderr they would stand in the middle of ours.
  ort.env.logLevel = "fatal";
  return onnxruntime(ort, {
    description: `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}, ${device}`,
    threads,
    providers: [device],
  });
}
