import type { Target } from "../graph/emitter.ts";
import type { SymmetricReduction } from "../linalg/symmetric-eigen.ts";
import type { EmittedModel } from "../onnx/emit-model.ts";
import type { FloatType, Shape, Tensor } from "../util/tensor.ts";

/** A tensor in the form that the runtime takes; made once where it is fed many times. Its contents stay as they are. */
export interface Feed {
  readonly elements: number;
  /** Frees what lies outside the JavaScript heap; the feed is void afterwards. */
  release(): void;
}

/** A feed whose contents are written anew between runs. */
export interface Slot extends Feed {
  /** Copies `values` to the elements from `at` on, rounded to the type of the slot. */
  write(values: Float64Array, at: number): void;
}

/** A compiled graph. `lane` says which of the runtime's engines runs it; runs on one lane go in order. */
export interface Executable {
  run(feeds: ReadonlyMap<string, Feed>, lane?: number): Promise<Map<string, Tensor>>;
  /** Like `run`, but the results stay where they are, as feeds for runs on the same lane. */
  keep(feeds: ReadonlyMap<string, Feed>, lane?: number): Promise<Map<string, Feed>>;
  release(): Promise<void>;
}

/** How a compiled graph is going to be run. */
export interface Use {
  /**
   * For what is run thousands of times, one run after the other, so that it pays to find out how the machine runs it fastest: the input,
   * int64 [], that says how many passes a run does.
   */
  readonly passes?: string;
}

/** A thread of its own for one symmetric matrix; it ends when it is disposed of. */
export interface ReductionThread extends AsyncDisposable {
  /**
   * Reduces a matrix of dimension n, which is left as it is; the thread takes no other.
   *
   * @param goesOn is told the share that is done, and may end it, or throw; the result is then undefined
   */
  reduce(matrix: Float64Array, n: number, goesOn: (share: number) => boolean): Promise<SymmetricReduction | undefined>;
}

/** An engine that runs ONNX graphs. */
export interface Runtime {
  /** For provenance: "onnxruntime-node 1.30.0, cpu". */
  readonly description: string;
  /** What its graphs are lowered for: a device whose kernels need it. */
  readonly device: Target["device"];
  /** Threads of all lanes together. */
  readonly threads: number;
  /** Runs that go on side by side. */
  readonly lanes: number;
  /**
   * Elements of the constants of a program from which on it is fed them, one array for all programs of a lane; absent where what is
   * fed would be copied for each run.
   */
  readonly sharesConstantsFrom?: number;
  /** Channels side by side in the blocked image layout whose kernels the runtime has; undefined when it has none. */
  blockSize(): Promise<number | undefined>;
  /** @param use how it is going to be run */
  compile(model: EmittedModel, use?: Use): Promise<Executable>;
  feed(tensor: Tensor): Feed;
  slot(dtype: FloatType, shape: Shape): Slot;
  /** Starts a thread beside the engine, while its matrix may still be made; absent where there is none. */
  openReduction?(): ReductionThread;
  /** Ends its threads; executables and feeds are void afterwards. */
  close(): Promise<void>;
}
