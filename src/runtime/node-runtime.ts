import * as ort from "onnxruntime-node";
import type { Device } from "./device.ts";
import { disableTelemetry } from "./disable-telemetry.ts";
import { type FileSession, openFileSession } from "./file-session.ts";
import { laneRuntime } from "./lanes.ts";
import { onnxruntime } from "./onnxruntime.ts";
import { openReduction } from "./reduction-thread.ts";
import type { Runtime } from "./runtime.ts";

/**
 * 64 MiB of float32. Every program rearranges the constants that are its own, which takes two to four times their memory and makes
 * products of few rows faster: of 64 rows by two fifths, of 256 by a sixth. Weights that are held constant and larger than
 * this are better held once.
 */
const SHARED_CONSTANTS = 2 ** 24;

export interface NodeRuntimeOptions {
  /** Of all lanes together. */
  readonly threads: number;
  readonly device?: Device;
  /** Engines side by side, on the CPU only; default 1, in the thread that calls. */
  readonly lanes?: number;
  /** Whether it holds less than is fast: programs share all large constants ({@link SHARED_CONSTANTS}), and keep no memory between runs. */
  readonly isFrugal?: boolean;
  /** The folder of the built workers, where this file runs from its source. */
  readonly workers?: URL;
}

/** ONNX Runtime in Node. */
export function nodeRuntime({
  threads,
  device = "cpu",
  lanes = 1,
  isFrugal = false,
  workers = builtWorkers(),
}: NodeRuntimeOptions): Runtime {
  disableTelemetry();
  // Its errors reach us as exceptions; on stderr they would stand in the middle of ours.
  ort.env.logLevel = "fatal";
  const description = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}, ${device}`;
  const sharesConstantsFrom = device === "cpu" ? (isFrugal ? 0 : SHARED_CONSTANTS) : undefined;
  const runtime =
    lanes > 1 && device === "cpu" && workers !== undefined
      ? laneRuntime({
          description,
          threads,
          lanes,
          isFrugal,
          worker: new URL("lane-worker.js", workers),
          sharesConstantsFrom,
        })
      : onnxruntime(ort, { description, threads, providers: [device], sharesConstantsFrom, isFrugal });
  if (threads === 1 || workers === undefined) return runtime;
  return { ...runtime, openReduction: () => openReduction(new URL("reduction-worker.js", workers)) };
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

/** Workers load JavaScript only. */
function builtWorkers(): URL | undefined {
  return import.meta.url.endsWith(".js") ? new URL(".", import.meta.url) : undefined;
}
