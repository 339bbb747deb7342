import type { EmittedModel } from "../onnx/emit-model.ts";
import type { ErrorDetails } from "../util/thalweg-error.ts";
import type { FloatType, Shape, Tensor } from "../util/tensor.ts";

/*
 * What the main thread and the worker of a lane say to each other. Whatever lives in the worker has a
 * number that the main thread gave it; things are sent along with the first run that needs them.
 */

/** Contents of a slot: memory that both threads see. The engine takes no shared memory, so the worker has a copy. */
export interface SharedSlot {
  readonly dtype: FloatType;
  readonly shape: Shape;
  readonly shared: SharedArrayBuffer;
}

/** The number of an input, with the version of its contents where it is a slot. */
export interface InputReference {
  readonly name: string;
  readonly feed: number;
  readonly version: number;
}

/** A model whose constants are sent beside it: other models may have the same. */
export interface LaneModel {
  readonly emitted: Omit<EmittedModel, "constants">;
  /** The numbers of its constants. */
  readonly constants: ReadonlyMap<string, number>;
}

export interface RunRequest {
  readonly kind: "run";
  readonly executable: number;
  readonly inputs: readonly InputReference[];
  /** Numbers under which the results stay in the worker; absent where they are sent back. */
  readonly keep?: ReadonlyMap<string, number>;
  /** What the worker does not have yet. */
  readonly model?: LaneModel;
  readonly tensors: readonly (readonly [number, Tensor])[];
  readonly slots: readonly (readonly [number, SharedSlot])[];
  /** Constants of models, of this one and of those to come. */
  readonly constants: readonly (readonly [number, Tensor])[];
}

/** Forget feeds, executables, or constants that no executable has any more. */
export interface ReleaseRequest {
  readonly kind: "release";
  readonly feeds?: readonly number[];
  readonly executables?: readonly number[];
  readonly constants?: readonly number[];
}

export interface BlockSizeRequest {
  readonly kind: "block-size";
}

/** Let go of everything and end the thread; what was asked before and has not begun is dropped. */
export interface CloseRequest {
  readonly kind: "close";
}

/** What the worker is started with. */
export interface LaneOptions {
  readonly threads: number;
  readonly isFrugal: boolean;
}

/** Every request is answered, in order. */
export type LaneRequest = RunRequest | ReleaseRequest | BlockSizeRequest | CloseRequest;

export type LaneReply =
  | { readonly kind: "done" }
  | { readonly kind: "outputs"; readonly outputs: Map<string, Tensor> }
  | { readonly kind: "block-size"; readonly size: number | undefined }
  | { readonly kind: "error"; readonly error: ErrorDetails };
