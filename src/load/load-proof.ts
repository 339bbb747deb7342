import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { Device } from "../runtime/device.ts";
import type { LoadedModel } from "./load-model.ts";

/** What a proof at load works with. */
export interface ProofBench {
  readonly source: LoadedModel;
  readonly problem: Problem;
  readonly device: Device;
  /** Several batches instead of one: what `thalweg check` asks for. */
  readonly thorough: boolean;
  readonly random: RandomStream;
}

/** Something that is proven every time a problem is opened, before anything is measured. */
export interface LoadProof {
  readonly name: string;
  /** The proof that says why neither can be made, where that is so. */
  readonly restsOn?: string;
  /** The check; undefined where there is nothing to prove. `passed` is null where the proof cannot be made. */
  prove(bench: ProofBench): Promise<Check | undefined>;
}
