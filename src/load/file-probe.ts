import type { Shape } from "../util/tensor.ts";
import { ExamplesProbe, type ExamplesProbeOptions, type ParameterValues } from "./examples-probe.ts";
import type { ForwardNetwork, ForwardRun } from "../problem/forward-loss.ts";

/** Runs a network forward on a few real examples, in batches of any size that it takes and at any parameters. */
export class FileProbe extends ExamplesProbe {
  private readonly network: ForwardNetwork;
  /** The last parameters that it was run at: several batches in a row are of the same. */
  private open: { readonly at: ParameterValues; readonly run: ForwardRun } | undefined;

  constructor(network: ForwardNetwork, options: ExamplesProbeOptions) {
    super(options);
    this.network = network;
  }

  async run(examples: readonly number[], at: ParameterValues): Promise<{ shape: Shape; values: Float64Array }> {
    const run = await this.runAt(at);
    const { shape, data } = await run.outputs(Object.fromEntries(this.inputsOf(examples)));
    return { shape, values: Float64Array.from(data) };
  }

  async close(): Promise<void> {
    await this.open?.run.release();
    this.open = undefined;
  }

  private async runAt(at: ParameterValues): Promise<ForwardRun> {
    if (this.open?.at === at) return this.open.run;
    await this.close();
    const theta = new Float64Array(this.network.space.dimension);
    for (const { name, offset } of this.network.space.tensors) theta.set(at.get(name) ?? [], offset);
    const run = await this.network.at(theta);
    this.open = { at, run };
    return run;
  }
}
