import { Worker } from "node:worker_threads";
import type { EmittedModel } from "../onnx/emit-model.ts";
import { sizeOf, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type {
  InputReference,
  LaneModel,
  LaneOptions,
  LaneReply,
  LaneRequest,
  ReleaseRequest,
  SharedSlot,
} from "./lane-protocol.ts";
import { LaneConstants } from "./lane-constants.ts";
import type { Executable, Feed, Runtime, Slot } from "./runtime.ts";
import { messageOf } from "../util/message-of.ts";

/** Something that a lane was sent or keeps. */
class LaneFeed implements Feed {
  readonly id: number;
  readonly shape: Shape;
  /** Sent with the first run that needs it; absent for what a lane computed itself. */
  readonly content: Tensor | SharedSlot | undefined;
  /** Lanes that have it. */
  readonly holders: Set<Lane>;
  version = 0;

  constructor(id: number, shape: Shape, content: Tensor | SharedSlot | undefined, holders: Iterable<Lane> = []) {
    this.id = id;
    this.shape = shape;
    this.content = content;
    this.holders = new Set(holders);
  }

  get elements(): number {
    return sizeOf(this.shape);
  }

  release(): void {
    for (const lane of this.holders) lane.forget({ feeds: [this.id] });
    this.holders.clear();
  }
}

class LaneSlot extends LaneFeed implements Slot {
  private readonly view: Float32Array | Float64Array;

  constructor(id: number, dtype: FloatType, shape: Shape) {
    const shared = new SharedArrayBuffer(sizeOf(shape) * (dtype === "float32" ? 4 : 8));
    super(id, shape, { dtype, shape, shared });
    this.view = dtype === "float32" ? new Float32Array(shared) : new Float64Array(shared);
  }

  write(values: Float64Array, at: number): void {
    this.view.set(values, at);
    this.version++;
  }
}

const CLOSED = "it was closed";
/** Longer than any run takes: after it a thread hangs. */
const PATIENCE_MS = 60_000;

interface Waiting {
  resolve(reply: LaneReply): void;
  reject(error: ThalwegError): void;
}

/**
 * The main thread's end of a worker. The process may end while the worker waits for work, and only then:
 * until a request is answered, and until the thread has ended once it is told to, the event loop is held.
 */
class Lane {
  private readonly worker: Worker;
  private readonly waiting: Waiting[] = [];
  private death: ThalwegError | undefined;
  private closed: Promise<void> | undefined;
  /** Resolves when the thread is gone. */
  private readonly ended: Promise<void>;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.unref();
    worker.on("message", (reply: LaneReply) => {
      this.waiting.shift()?.resolve(reply);
      // A reply may come late, after close() has begun to wait for the thread.
      if (this.waiting.length === 0 && !this.closed) worker.unref();
    });
    worker.on("online", () => this.waiting.length > 0 || this.closed || worker.unref());
    worker.on("messageerror", (error) => this.die(error.message));
    worker.on("error", (error) => this.die(messageOf(error)));
    this.ended = new Promise((resolve) => {
      worker.on("exit", () => {
        this.die("its thread has ended");
        resolve();
      });
    });
  }

  /** `moved` are arrays of the request that need not be copied. */
  async request(request: LaneRequest, moved: readonly ArrayBufferLike[] = []): Promise<LaneReply> {
    if (this.death) throw this.death;
    const reply = await new Promise<LaneReply>((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker.ref();
      this.worker.postMessage(
        request,
        moved.filter((buffer) => buffer instanceof ArrayBuffer),
      );
    });
    if (reply.kind === "error") throw new ThalwegError(reply.error);
    return reply;
  }

  /** Releases without waiting; what cannot be released is gone with its thread. */
  forget(what: Omit<ReleaseRequest, "kind">): void {
    this.request({ kind: "release", ...what }).catch(() => undefined);
  }

  /** Ends the thread; what it was asked and has not answered fails. The same promise however often it is called. */
  close(): Promise<void> {
    return (this.closed ??= this.end());
  }

  /**
   * The thread ends by itself, after what it is at: one that is ended from outside in the middle of the
   * engine's code takes the process with it now and then.
   */
  private async end(): Promise<void> {
    this.die(CLOSED);
    this.worker.ref();
    const request: LaneRequest = { kind: "close" };
    this.worker.postMessage(request, []);
    const late = setTimeout(() => void this.worker.terminate(), PATIENCE_MS);
    await this.ended;
    clearTimeout(late);
  }

  private die(reason: string): void {
    this.death ??= new ThalwegError({
      kind: "internal",
      code: "engine-ended",
      message: `The engine stopped: ${reason}.`,
      hint: reason === CLOSED ? undefined : "If memory ran out, a smaller --batch-size or --threads 1 needs less.",
    });
    for (const each of this.waiting.splice(0)) each.reject(this.death);
  }
}

export interface LanesOptions {
  readonly description: string;
  readonly lanes: number;
  /** Of all lanes together. */
  readonly threads: number;
  /** The built `lane-worker.js`. */
  readonly worker: URL;
  readonly sharesConstantsFrom?: number;
  /** Whether engines keep no memory between runs. */
  readonly isFrugal: boolean;
}

/**
 * Several engines side by side, each in a thread of its own with its share of the processor's threads.
 * Batches that run at the same time use the cores better than one batch whose every operation is shared
 * among them: nothing waits for the slowest part of each operation, and the main thread is free.
 */
export function laneRuntime({
  description,
  lanes: count,
  threads,
  worker,
  sharesConstantsFrom,
  isFrugal,
}: LanesOptions): Runtime {
  const options: LaneOptions = { threads: Math.max(1, Math.floor(threads / count)), isFrugal };
  const lanes = Array.from(
    { length: count },
    () =>
      new Lane(
        new Worker(worker, {
          workerData: options,
          // The worker is a file of ours: flags of the caller's process (--input-type) do not fit it.
          execArgv: [],
        }),
      ),
  );
  let numbers = 0;
  const constants = new LaneConstants(() => numbers++);
  let blockSize: Promise<number | undefined> | undefined;
  return {
    description,
    device: undefined,
    threads,
    lanes: count,
    sharesConstantsFrom,
    blockSize: () =>
      (blockSize ??= lanes[0]
        .request({ kind: "block-size" })
        .then((reply) => (reply.kind === "block-size" ? reply.size : undefined))),
    feed: (tensor) => new LaneFeed(numbers++, tensor.shape, tensor),
    slot: (dtype, shape) => new LaneSlot(numbers++, dtype, shape),
    compile: (model) => Promise.resolve(laneExecutable(lanes, model, constants, () => numbers++)),
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

function laneExecutable(
  lanes: readonly Lane[],
  { constants = new Map(), ...emitted }: EmittedModel,
  shared: LaneConstants,
  nextNumber: () => number,
): Executable {
  const executable = nextNumber();
  const holders = new Set<Lane>();
  const own = new Map([...constants].map(([name, tensor]) => [name, shared.take(tensor)]));
  const model: LaneModel = { emitted, constants: new Map([...own].map(([name, { id }]) => [name, id])) };
  const send = (feeds: ReadonlyMap<string, Feed>, lane: Lane, keep?: ReadonlyMap<string, number>) => {
    const inputs: InputReference[] = [];
    const tensors: [number, Tensor][] = [];
    const slots: [number, SharedSlot][] = [];
    for (const name of emitted.inputs.keys()) {
      const feed = feeds.get(name);
      if (!(feed instanceof LaneFeed)) continue;
      const { id, content, version } = feed;
      inputs.push({ name, feed: id, version });
      if (feed.holders.has(lane) || content === undefined) continue;
      feed.holders.add(lane);
      if ("shared" in content) slots.push([id, content]);
      // A view would be sent with the whole array behind it.
      else tensors.push([id, { ...content, data: content.data.slice() }]);
    }
    const isKnown = holders.has(lane);
    holders.add(lane);
    const unknown = isKnown ? [] : [...own.values()].flatMap((constant) => constant.sentTo(lane));
    const request: LaneRequest = {
      kind: "run",
      executable,
      inputs,
      keep,
      model: isKnown ? undefined : model,
      constants: unknown,
      tensors,
      slots,
    };
    return lane.request(
      request,
      [...unknown, ...tensors].map(([, { data }]) => data.buffer),
    );
  };
  return {
    async run(feeds, lane = 0) {
      const reply = await send(feeds, lanes[lane]);
      return reply.kind === "outputs" ? reply.outputs : new Map();
    },
    async keep(feeds, lane = 0) {
      const holder = lanes[lane];
      const kept = new Map(
        [...emitted.outputs].map(([name, { shape }]) => [name, new LaneFeed(nextNumber(), shape, undefined, [holder])]),
      );
      await send(feeds, holder, new Map([...kept].map(([name, { id }]) => [name, id])));
      return kept;
    },
    release() {
      for (const lane of holders) lane.forget({ executables: [executable] });
      holders.clear();
      for (const constant of own.values()) shared.give(constant);
      own.clear();
      return Promise.resolve();
    },
  };
}
