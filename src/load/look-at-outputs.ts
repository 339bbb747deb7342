import { ThalwegError } from "../util/thalweg-error.ts";
import type { ExamplesAxes } from "../onnx/examples-axes.ts";
import { createRandom } from "../random/random-stream.ts";
import { nodeRuntime } from "../runtime/node-runtime.ts";
import type { ChosenLoss } from "./choose-loss.ts";
import { type Coupling, findCoupling } from "./examples-independence.ts";
import type { OutputObserver } from "./output-evidence.ts";
import { BATCH, OutputProbe, type OutputProbeOptions } from "./output-probe.ts";
import { exportedBatch, probeAt } from "./probe-network.ts";
import { requireExamplesAxis } from "./require-examples-axis.ts";

interface LookOptions extends Omit<OutputProbeOptions, "random" | "runtime"> {
  readonly axes: ExamplesAxes;
  readonly usesBatchStatistics: boolean;
  readonly threads: number;
  /** Whether float64 costs little: its rounding hides least. */
  readonly isSmall: boolean;
  choose(observer: OutputObserver): Promise<ChosenLoss>;
}

/** Examples are looked at the same way in every run. */
const SEED = 0;

/**
 * Runs the network on a few real examples, on the CPU, to choose the loss and to see whether the
 * examples are independent of each other.
 */
export async function lookAtOutputs(
  options: LookOptions,
): Promise<{ chosen: ChosenLoss; coupling: Coupling | undefined }> {
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
      return { chosen, coupling: { reason: "BatchNormalization takes the statistics of the batch", isMean: false } };
    const coupling = await findCoupling(probe, random.split("independence"));
    if (coupling && !coupling.isMean) await requireExamplesAxis(probing, options.axes, random.split("turned"));
    return { chosen, coupling };
  } finally {
    await probe.close();
    await probing.runtime.close();
  }
}

/** The batch size of a model that takes no other, for models that no batch was chosen for yet. */
function fixedBatch(options: LookOptions): number | undefined {
  try {
    probeAt(options, Math.min(BATCH, options.dataset.examples));
    return undefined;
  } catch (error) {
    if (error instanceof ThalwegError && error.code === "fixed-batch") return exportedBatch(options.model);
    throw error;
  }
}
