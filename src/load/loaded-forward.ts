import type { OpenDataset } from "../io/open-dataset-path.ts";
import type { ForwardLoss } from "../problem/forward-loss.ts";
import type { Check } from "../result/envelope.ts";
import type { LoadedModel } from "./load-model.ts";

/** A loss without derivatives, with the decisions that led to it. */
export interface LoadedForward {
  readonly forward: ForwardLoss;
  /** Why there are no derivatives, in a sentence. */
  readonly because: string;
  readonly source: LoadedModel;
  /** Tensors that count as parameters; undefined where all that the model proposes do. */
  readonly parameters: readonly string[] | undefined;
  readonly dataset: OpenDataset;
  /** What `--data` said. */
  readonly dataPath: string;
  readonly lossGuessed: boolean;
  /** Number of loss terms. */
  readonly terms: number;
  readonly engine: string;
  readonly threads: number;
  /** What was chosen, guessed or changed on the way, in sentences. */
  readonly notes: readonly string[];
  readonly proofs: readonly Check[];
  readonly warnings: readonly string[];
  close(): void;
}
