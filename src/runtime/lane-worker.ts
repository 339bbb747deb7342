/*
 * The worker of one lane: an engine of its own that does what the main thread asks, one request after
 * the other.
 */
import { parentPort, workerData } from "node:worker_threads";
import { errorDetails } from "../util/thalweg-error.ts";
import { allocate, sizeOf, type FloatType, type Tensor, type TensorData } from "../util/tensor.ts";
import type { LaneModel, LaneOptions, LaneReply, LaneRequest, RunRequest, SharedSlot } from "./lane-protocol.ts";
import { nodeRuntime } from "./node-runtime.ts";
import type { Executable, Feed } from "./runtime.ts";

/** The worker's copy of a slot. */
class Mirror {
  readonly feed: Feed;
  private readonly source: Float32Array | Float64Array;
  private readonly copy: TensorData;
  private version = -1;

  constructor({ dtype, shape, shared }: SharedSlot) {
    this.source = sharedView(dtype, shared);
    this.copy = allocate(dtype, sizeOf(shape));
    this.feed = runtime.feed({ dtype, shape, data: this.copy });
  }

  at(version: number): Feed {
    if (version !== this.version) this.copy.set(this.source);
    this.version = version;
    return this.feed;
  }
}

const { threads, isFrugal }: LaneOptions = workerData;
const runtime = nodeRuntime({ threads, isFrugal });
const executables = new Map<number, Promise<Executable>>();
const feeds = new Map<number, Feed>();
const mirrors = new Map<number, Mirror>();
const constants = new Map<number, Tensor>();

function sharedView(dtype: FloatType, shared: SharedArrayBuffer): Float32Array | Float64Array {
  return dtype === "float32" ? new Float32Array(shared) : new Float64Array(shared);
}

async function run(request: RunRequest): Promise<LaneReply> {
  const { executable: number, model, keep } = request;
  for (const [id, tensor] of request.constants) constants.set(id, tensor);
  if (model) executables.set(number, compiled(model));
  for (const [id, tensor] of request.tensors) feeds.set(id, runtime.feed(tensor));
  for (const [id, slot] of request.slots) mirrors.set(id, new Mirror(slot));
  const executable = await known(executables, number);
  const inputs = new Map(
    request.inputs.map(({ name, feed, version }) => [name, mirrors.get(feed)?.at(version) ?? known(feeds, feed)]),
  );
  if (keep === undefined) return { kind: "outputs", outputs: await executable.run(inputs) };
  for (const [name, feed] of await executable.keep(inputs)) feeds.set(known(keep, name), feed);
  return { kind: "done" };
}

/** With its constants as every other model of this lane has them. */
function compiled(model: LaneModel): Promise<Executable> {
  const own = new Map([...model.constants].map(([name, id]) => [name, known(constants, id)]));
  return runtime.compile({ ...model.emitted, constants: own });
}

async function answer(request: LaneRequest): Promise<LaneReply> {
  switch (request.kind) {
    case "run":
      return run(request);
    case "block-size":
      return { kind: "block-size", size: await runtime.blockSize() };
    case "release":
      for (const id of request.feeds ?? []) {
        feeds.delete(id);
        mirrors.delete(id);
      }
      for (const id of request.executables ?? []) {
        const executable = executables.get(id);
        executables.delete(id);
        await (await executable)?.release();
      }
      for (const id of request.constants ?? []) constants.delete(id);
      return { kind: "done" };
    case "close":
      // The engine's own ends of threads are no place to free what lives in it: that ends the process now and then.
      for (const executable of executables.values()) await (await executable.catch(() => undefined))?.release();
      executables.clear();
      parentPort?.close();
      return { kind: "done" };
  }
}

function known<K, V>(things: ReadonlyMap<K, V>, key: K): V {
  const thing = things.get(key);
  if (thing === undefined) throw new RangeError(`the lane was never sent ${String(key)}`);
  return thing;
}

function failure(error: unknown): LaneReply {
  return { kind: "error", error: errorDetails(error, "lane-failed") };
}

let last: Promise<void> = Promise.resolve();
let closing = false;
parentPort?.on("message", (request: LaneRequest) => {
  closing ||= request.kind === "close";
  last = last
    .then((): LaneReply | Promise<LaneReply> =>
      closing && request.kind !== "close" ? { kind: "done" } : answer(request),
    )
    .catch(failure)
    .then((reply) => {
      const arrays = reply.kind === "outputs" ? [...reply.outputs.values()].map(({ data }) => data.buffer) : [];
      parentPort?.postMessage(
        reply,
        arrays.filter((buffer) => buffer instanceof ArrayBuffer),
      );
    });
});
