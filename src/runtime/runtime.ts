import type { EmittedModel } from "../onnx/emit-model.ts";
import type { Tensor } from "../util/tensor.ts";

/** A tensor in the form that the runtime takes; made once where it is fed many times. */
export interface Feed {
  readonly elements: number;
}

/** A compiled graph. */
export interface Executable {
  run(feeds: ReadonlyMap<string, Feed>): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}

/** An engine that runs ONNX graphs. */
export interface Runtime {
  /** For provenance: "onnxruntime-node 1.30.0, cpu". */
  readonly description: string;
  readonly threads: number;
  /** Channels side by side in the blocked image layout whose kernels the runtime has; undefined when it has none. */
  blockSize(): Promise<number | undefined>;
  compile(model: EmittedModel): Promise<Executable>;
  /** The tensor as a feed; float data is viewed, not copied, so later writes to it are seen by runs. */
  feed(tensor: Tensor): Feed;
}
