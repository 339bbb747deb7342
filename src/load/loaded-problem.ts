import type { OpenDataset } from "../io/open-dataset-path.ts";
import type { Problem } from "../problem/problem.ts";
import type { Check } from "../result/envelope.ts";
import type { Device } from "../runtime/device.ts";
import type { LoadedModel } from "./load-model.ts";

/** A problem with the decisions that led to it. */
export interface LoadedProblem {
  readonly problem: Problem;
  readonly source: LoadedModel;
  readonly dataset: OpenDataset;
  /** What `--data` said. */
  readonly dataPath: string;
  readonly device: Device;
  readonly lossGuessed: boolean;
  /** What was chosen, guessed or changed on the way, in sentences. */
  readonly notes: readonly string[];
  /** What was proven at load: that the imported graph is the file's. */
  readonly proofs: readonly Check[];
  /** What may spoil the result: how the exporter left the file, and points without derivative. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}
