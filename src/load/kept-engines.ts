import { ProgramShelf } from "../problem/program-shelf.ts";
import { nodeRuntime, type NodeRuntimeOptions } from "../runtime/node-runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";

/**
 * Engines with what was compiled for them, kept from one problem to the next: checkpoints of one network are then compiled
 * once. Everything else (files, what is guessed and proven) is each problem's own.
 *
 * @example
 * await using engines = new KeptEngines();
 * for (const weights of files) {
 *   const loaded = await loadProblem("model.onnx", { data: "train.npz", weights }, engines);
 *   try { await measure(loaded.problem); } finally { await loaded.close(); }
 * }
 */
export class KeptEngines {
  readonly shelf = new ProgramShelf();
  private readonly runtimes = new Map<string, Runtime>();

  /** The engine of such options, which is closed with all others. */
  of(options: NodeRuntimeOptions): Runtime {
    const key = JSON.stringify(options);
    const runtime = this.runtimes.get(key) ?? nodeRuntime(options);
    this.runtimes.set(key, runtime);
    return runtime;
  }

  async close(): Promise<void> {
    await this.shelf.close();
    const runtimes = [...this.runtimes.values()];
    this.runtimes.clear();
    for (const runtime of runtimes) await runtime.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
