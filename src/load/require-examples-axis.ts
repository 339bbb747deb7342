import { BATCH_NAME } from "../onnx/bind-inputs.ts";
import type { ExamplesAxes } from "../onnx/examples-axes.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { findCoupling } from "./examples-independence.ts";
import { OutputProbe, type OutputProbeOptions } from "./output-probe.ts";

/**
 * Looks for the reason why examples are not independent in the layout: where an input has another open
 * axis, and what lies along that one is independent, it is most likely the one that counts examples.
 *
 * @throws ThalwegError `examples-axis`
 */
export async function requireExamplesAxis(
  options: OutputProbeOptions,
  { recurrent }: ExamplesAxes,
  random: RandomStream,
): Promise<void> {
  const { model, importing } = options;
  const [first] = model.inputs;
  const now = importing.examplesAxes?.get(first.name) ?? 0;
  const extent = first.shape[now];
  const isNamed = typeof extent === "string" && BATCH_NAME.test(extent);
  const others = first.shape.flatMap((other, axis) => (axis !== now && typeof other !== "number" ? [axis] : []));
  for (const axis of others) {
    if (isNamed && recurrent.get(first.name) !== axis) continue;
    const turned = model.inputs.filter(({ shape }) => shape.length > axis && typeof shape[axis] !== "number");
    const examplesAxes = new Map([
      ...(importing.examplesAxes ?? []),
      ...turned.map(({ name }) => [name, axis] as const),
    ]);
    const probe = new OutputProbe({ ...options, importing: { ...importing, examplesAxes } });
    try {
      if (await findCoupling(probe, random)) continue;
    } catch (error) {
      if (error instanceof ThalwegError && error.kind === "input") continue;
      throw error;
    } finally {
      await probe.close();
    }
    throw new ThalwegError({
      kind: "input",
      code: "examples-axis",
      message: `The model mixes what lies along axis ${now} of its input ${first.name}, and keeps apart what lies along axis ${axis}: the examples are counted along axis ${axis}, but the data were laid along axis ${now}.`,
      where: { input: first.name },
      hint: `Export the model with the examples on the first axis (batch_first=True), or name its axes: dynamic_axes={"${first.name}": {${axis}: "batch"}}.`,
    });
  }
}
