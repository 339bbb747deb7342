import type { RandomStream } from "../random/random-stream.ts";
import { formatShareBound } from "../util/format-number.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { ExamplesProbe, ParameterValues } from "./examples-probe.ts";

/** How the loss of an example depends on the others of its batch. */
export interface Coupling {
  /** A clause: "the outputs of an example change …". */
  readonly reason: string;
  /** Whether the loss of a batch is the mean of its examples' losses all the same, on what was looked at. */
  readonly isMean: boolean;
}

/** Largest difference, relative to the largest output, that rounding makes between batches of different sizes. */
const ROUNDING = { float32: 2e-3, float64: 1e-8 } as const;
/** Parameters are moved by so much: what is multiplied by a zero at the first step is seen then. */
const NEARBY = 0.1;

/**
 * Whether the outputs of an example change with the examples beside it: a batch of real examples against
 * the same one by one and against another cut, where the parameters are and a little beside. Where the
 * model takes one batch size only, each example is put into a batch of copies of itself. Undefined when
 * the outputs are the same up to rounding.
 *
 * Cost: sixteen forward passes of at most five examples.
 *
 * @throws ThalwegError `merged-order` where outputs merge examples and positions with the positions first
 */
export async function findCoupling(probe: ExamplesProbe, random: RandomStream): Promise<Coupling | undefined> {
  if (probe.batch < 2) return undefined;
  const examples = probe.spread(probe.batch);
  for (const point of [probe.parameters(), probe.moved(NEARBY, random.split("nearby"))]) {
    const whole = await probe.run(examples, point);
    const scale = largest(whole.values);
    if (!Number.isFinite(scale)) continue;
    const isScalar = whole.shape.length === 0 || (whole.values.length === 1 && examples.length > 1);
    if (isScalar) return ofScalar(probe, examples, point, whole.values[0]);
    const width = whole.values.length / examples.length;
    for (const cut of await cuts(probe, examples, point)) {
      const change = relativeChange(whole.values, cut, width, scale);
      if (change <= ROUNDING[probe.precision]) continue;
      if (isInterleaved(whole, examples.length, cut, scale, ROUNDING[probe.precision])) throw mergedOrder(whole.shape);
      return changed(change);
    }
  }
  return undefined;
}

/**
 * Whether the outputs of the first `count` examples as one batch are those of batches of `size`, at the
 * parameters as they are: a coupling that a few examples do not show.
 *
 * Cost: two forward passes over these examples.
 */
export async function findCouplingAtCut(
  probe: ExamplesProbe,
  count: number,
  size: number,
): Promise<Coupling | undefined> {
  const examples = Array.from({ length: count }, (_, i) => i);
  const point = probe.parameters();
  const whole = await probe.run(examples, point);
  const parts: Float64Array[] = [];
  for (let at = 0; at < count; at += size) parts.push((await probe.run(examples.slice(at, at + size), point)).values);
  const scale = largest(whole.values);
  if (whole.values.length === 1) {
    const mean = parts.reduce((sum, [x], i) => sum + x * (Math.min(count, (i + 1) * size) - i * size), 0) / count;
    if (!(Math.abs(mean - whole.values[0]) > ROUNDING[probe.precision] * scale)) return undefined;
    return {
      reason: "the model returns one number for a batch, which is not the mean over its examples",
      isMean: false,
    };
  }
  if (!Number.isFinite(scale)) return undefined;
  const change = relativeChange(whole.values, joined(parts), whole.values.length / count, scale);
  return change <= ROUNDING[probe.precision] ? undefined : changed(change);
}

function changed(change: number): Coupling {
  return {
    reason: `the outputs of an example change with the examples beside it, by up to ${formatShareBound(change, "most")} of the largest output`,
    isMean: false,
  };
}

/** Outputs of the first examples, in batches cut in another way. */
async function cuts(
  probe: ExamplesProbe,
  examples: readonly number[],
  point: ParameterValues,
): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  for (const size of probe.isFixed ? [] : [1, 2]) {
    if (size >= examples.length) continue;
    const count = size === 1 ? examples.length : size;
    const parts: Float64Array[] = [];
    try {
      for (let at = 0; at < count; at += size)
        parts.push((await probe.run(examples.slice(at, at + size), point)).values);
    } catch (error) {
      if (error instanceof ThalwegError) continue;
      throw error;
    }
    found.push(joined(parts));
  }
  if (found.length > 0) return found;
  const copies: Float64Array[] = [];
  for (const [i, example] of examples.entries()) {
    const { values } = await probe.run(new Array<number>(examples.length).fill(example), point);
    const width = values.length / examples.length;
    copies.push(values.slice(i * width, (i + 1) * width));
  }
  return [joined(copies)];
}

async function ofScalar(
  probe: ExamplesProbe,
  examples: readonly number[],
  point: ParameterValues,
  whole: number,
): Promise<Coupling> {
  const reason = "the model returns one number for a batch";
  if (probe.isFixed) return { reason, isMean: false };
  for (const size of [1, 2]) {
    let sum = 0;
    const count = Math.floor(examples.length / size) * size;
    const target = count === examples.length ? whole : (await probe.run(examples.slice(0, count), point)).values[0];
    for (let at = 0; at < count; at += size) sum += (await probe.run(examples.slice(at, at + size), point)).values[0];
    const mean = sum / (count / size);
    if (!(Math.abs(mean - target) <= ROUNDING[probe.precision] * (Math.abs(target) + Math.abs(mean))))
      return { reason: `${reason}, which is not the mean over its examples`, isMean: false };
  }
  return { reason, isMean: true };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function largest(values: Float64Array): number {
  return values.reduce((most, x) => (Number.isNaN(x) ? x : Math.max(most, Math.abs(x))), 0);
}

/** Largest difference over the whole examples that both hold; infinite where one is not finite or of another size. */
function relativeChange(whole: Float64Array, part: Float64Array, width: number, scale: number): number {
  if (part.length % width !== 0) return Number.POSITIVE_INFINITY;
  let change = 0;
  for (let i = 0; i < part.length; i++) {
    const difference = Math.abs(part[i] - whole[i]);
    change = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(change, difference);
  }
  return change === 0 ? 0 : change / scale;
}

/** Whether row t of example e alone is row t·B + e of the batch: positions first, then examples. */
function isInterleaved(
  { shape, values }: { shape: readonly number[]; values: Float64Array },
  examples: number,
  alone: Float64Array,
  scale: number,
  tolerance: number,
): boolean {
  const positions = shape[0] / examples;
  if (!(positions > 1) || alone.length !== values.length) return false;
  const width = values.length / shape[0];
  for (let e = 0; e < examples; e++)
    for (let t = 0; t < positions; t++)
      for (let j = 0; j < width; j++) {
        const difference = values[(t * examples + e) * width + j] - alone[(e * positions + t) * width + j];
        if (!(Math.abs(difference) <= tolerance * scale)) return false;
      }
  return true;
}

function mergedOrder(shape: readonly number[]): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "merged-order",
    message: `The outputs [${shape.join(", ")}] merge examples and positions with the positions first, so that labels cannot be laid beside them.`,
    where: { shape },
    hint: "Export the network with the examples first, or with examples and positions on axes of their own.",
  });
}
