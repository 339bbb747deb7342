import { bytesOfBase64 } from "../util/base64.ts";
import { KERNELS_WASM } from "./kernels-wasm.ts";

/** Parameters: see kernels.wat. */
export type Kernel = (...numbers: number[]) => void;

export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  readonly kernels: Readonly<Record<string, Kernel>>;
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WasmInstance {
  readonly exports: Readonly<Record<string, Kernel>>;
}

/** The part of the WebAssembly interface that is used here; TypeScript holds it with the DOM's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { initial: number; maximum: number }) => WasmMemory;
  readonly Instance: new (module: object, imports: { basis: { memory: WasmMemory } }) => WasmInstance;
};

const PAGE = 65536;
/** Bytes that one memory can have. */
export const MOST_BYTES = 65536 * PAGE;

let compiled: object | null | undefined;

/** The kernels, compiled at the first use; null where the platform has no WebAssembly SIMD. */
function kernels(): object | null {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(bytesOfBase64(KERNELS_WASM));
    } catch {
      compiled = null;
    }
  }
  return compiled;
}

/**
 * A memory of its own with the SIMD kernels of kernels.wat at work on it; null where there is no SIMD or
 * no memory. It never grows, so no view is ever detached; what is not written is not taken from the system.
 */
export function kernelMemory(bytes: number): KernelMemory | null {
  const module = kernels();
  if (module === null || bytes > MOST_BYTES) return null;
  const pages = Math.ceil(bytes / PAGE);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(module, { basis: { memory } });
    return { buffer: memory.buffer, kernels: exports };
  } catch {
    return null;
  }
}
