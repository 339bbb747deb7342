import * as ort from "onnxruntime-node";
import { disableTelemetry } from "./disable-telemetry.ts";
import { type FileSession, openFileSession } from "./file-session.ts";
import { laneRuntime } from "./lanes.ts";
import { onnxruntime } from "./onnxruntime.ts";
import type { Runtime } from "./runtime.ts";

export type Device = "cpu" | "cuda" | "webgpu";

export interface NodeRuntimeOptions {
  /** Of all lanes together. */
  readonly threads: number;
  readonly device?: Device;
  /** Engines side by side, on the CPU only; default 1, in the thread that calls. */
  readonly lanes?: number;
  /** The built worker of a lane, where this file runs from its source. */
  readonly worker?: URL;
}

/** ONNX Runtime in Node. */
export function nodeRuntime({
  threads,
  device = "cpu",
  lanes = 1,
  worker = builtWorker(),
}: NodeRuntimeOptions): Runtime {
  disableTelemetry();
  // Its errors reach us as exceptions; on stderr they would stand in the middle of ours.
  ort.env.logLevel = "fatal";
  const description = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}, ${device}`;
  return lanes > 1 && device === "cpu" && worker !== undefined
    ? laneRuntime({ description, threads, lanes, worker })
    : onnxruntime(ort, { description, threads, providers: [device] });
}

/** A file in ONNX Runtime as it is, on the CPU. */
export function nodeFileSession(
  file: string | Uint8Array,
  options: { readonly threads: number },
): Promise<FileSession> {
  disableTelemetry();
  ort.env.logLevel = "fatal";
  return openFileSession(ort, file, { ...options, provider: "cpu" });
}

/** A worker loads JavaScript only. */
function builtWorker(): URL | undefined {
  return import.meta.url.endsWith(".js") ? new URL("./lane-worker.js", import.meta.url) : undefined;
}
