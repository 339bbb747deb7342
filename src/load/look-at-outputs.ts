import type { ExamplesAxes } from "../onnx/examples-axes.ts";
import { createRandom } from "../random/random-stream.ts";
import { nodeRuntime } from "../runtime/node-runtime.ts";
import type { ChosenLoss } from "./choose-loss.ts";
import { type Coupling, findCoupling, findCouplingAtCut } from "./examples-independence.ts";
import { whereExamplesMayMeet } from "./examples-meet.ts";
import type { OutputObserver } from "./output-evidence.ts";
import { BATCH } from "./examples-probe.ts";
import { OutputProbe, type OutputProbeOptions } from "./output-probe.ts";
import { exportedBatch, takesBatch } from "./probe-network.ts";
import { requireExamplesAxis } from "./require-examples-axis.ts";

interface LookOptions extends Omit<OutputProbeOptions, "random" | "runtime"> {
  readonly axes: ExamplesAxes;
  readonly usesBatchStatistics: boolean;
  /** Axes of the outputs beside the examples' that grow with the batch. */
  readonly growingAxes: readonly number[];
  readonly threads: number;
  /** Whether float64 costs little: its rounding hides least. */
  readonly isSmall: boolean;
  /** Examples of a batch if they are independent, and how many of them one pass can hold. */
  readonly cut: { readonly size: number; readonly most: number };
  choose(observer: OutputObserver): Promise<ChosenLoss>;
}

/** What was seen of a network on a few examples, and on all of them where its graph does not tell. */
export interface Look {
  readonly chosen: ChosenLoss;
  readonly coupling: Coupling | undefined;
  /** The operation at which examples may meet by the graph, although no coupling was seen; undefined where none can. */
  readonly meeting: Meeting | undefined;
}

export interface Meeting {
  readonly operation: string;
  /** The first examples, which were compared as one batch with how they are cut. */
  readonly compared: number;
}

/** Examples are looked at the same way in every run. */
const SEED = 0;

/**
 * Runs the network on a few real examples, on the CPU, to choose the loss and to see whether the
 * examples are independent of each other.
 */
export async function lookAtOutputs(options: LookOptions): Promise<Look> {
  const random = createRandom(SEED).split("look");
  const { precision } = options.importing;
  const probing: OutputProbeOptions = {
    ...options,
    importing: { ...options.importing, precision: options.isSmall ? "float64" : precision },
    fixed: options.fixed ?? fixedBatch(options),
    random,
    runtime: nodeRuntime({ threads: options.threads }),
  };
  const probe = new OutputProbe(probing);
  try {
    const chosen = await options.choose(probe);
    if (options.usesBatchStatistics)
      return {
        chosen,
        coupling: { reason: "BatchNormalization takes the statistics of the batch", isMean: false },
        meeting: undefined,
      };
    if (options.growingAxes.length > 0)
      return {
        chosen,
        coupling: { reason: "each has an output for every example of its batch", isMean: false },
        meeting: undefined,
      };
    const coupling = await findCoupling(probe, random.split("independence"));
    if (coupling && !coupling.isMean) await requireExamplesAxis(probing, options.axes, random.split("turned"));
    const isOpen = options.fixed === undefined && !probe.isFixed && (!coupling || coupling.isMean);
    const operation = isOpen ? whereExamplesMayMeet(options) : undefined;
    const { examples } = options.dataset;
    const size = Math.min(options.cut.size, Math.ceil(examples / 2));
    if (operation === undefined || size === examples) return { chosen, coupling, meeting: undefined };
    const compared = Math.min(examples, Math.max(2 * size, options.cut.most));
    const seen = await findCouplingAtCut(probe, compared, size);
    return { chosen, coupling: seen ?? coupling, meeting: seen || coupling ? undefined : { operation, compared } };
  } finally {
    await probe.close();
    await probing.runtime.close();
  }
}

/** The batch size of a model that takes no other, for models that no batch was chosen for yet. */
function fixedBatch(options: LookOptions): number | undefined {
  return takesBatch(options, Math.min(BATCH, options.dataset.examples)) ? undefined : exportedBatch(options.model);
}
