import { distance } from "../../linalg/vector.ts";
import type { Check } from "../../result/envelope.ts";
import type { Computation } from "../../problem/computation.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { FloatType } from "../../util/tensor.ts";
import type { Terrain } from "../terrain.ts";
import type { ConnectResult } from "./connect-result.ts";
import { barrierOf, type CurveProfile } from "./profile-curve.ts";
import { type FoundAlignment, lowest, type Tried } from "./tried.ts";

/** The losses along a way, as results hold them. */
export function profileOf(
  { name, path, isAligned }: Pick<ConnectResult["profiles"][number], "name" | "path" | "isAligned">,
  { t, arc, at }: CurveProfile,
  asked: number | null,
): ConnectResult["profiles"][number] {
  const tests = at.flatMap(({ test }) => (test ? [test] : []));
  const seriesOf = (each: readonly { readonly loss: number; readonly accuracy: number | null }[]) => ({
    loss: each.map(({ loss }) => loss),
    accuracy: each.map(({ accuracy }) => accuracy),
  });
  return {
    name,
    path,
    isAligned,
    asked,
    t: [...t],
    arc: [...arc],
    train: seriesOf(at.map(({ train }) => train)),
    test: tests.length === at.length ? seriesOf(tests) : null,
  };
}

export function heightsOf(profile: CurveProfile): ConnectResult["barrier"]["before"] {
  return { train: barrierOf(profile, "train")?.height ?? 0, test: barrierOf(profile, "test")?.height ?? null };
}

/** How far two networks are apart, their statistics left out. */
export function distanceOf({ trained }: Terrain, a: Float64Array, b: Float64Array): number {
  return distance(a.subarray(0, trained), b.subarray(0, trained));
}

/** How far what two networks put out is apart, and the largest number of it. */
export interface OutputDifference {
  readonly largest: number;
  readonly size: number;
}

/** The largest difference between the outputs of two networks on the data, of the output where it is most of the largest number. */
export async function outputDifference(
  terrain: Terrain,
  a: Float64Array,
  b: Float64Array,
  context: RunContext = {},
): Promise<OutputDifference> {
  let worst = differenceOf([await terrain.outputs(a, context)], [await terrain.outputs(b, context)]);
  for (const name of terrain.otherOutputs) {
    const computation: Computation = {
      name: `output ${name}`,
      build: ({ network: { imported } }) => {
        const output = imported.outputs.get(name);
        return output ? [output] : [];
      },
    };
    const before = await terrain.values(a, computation, context);
    const found = differenceOf(before, await terrain.values(b, computation, context));
    // What is no number is worse than any.
    if (!(relative(found) <= relative(worst))) worst = found;
  }
  return worst;
}

function differenceOf(before: readonly ArrayLike<number>[], after: readonly ArrayLike<number>[]): OutputDifference {
  let [largest, size] = [0, 0];
  before.forEach((batch, k) => {
    for (let i = 0; i < batch.length; i++) {
      largest = Math.max(largest, Math.abs(batch[i] - after[k][i]));
      size = Math.max(size, Math.abs(batch[i]));
    }
  });
  return { largest, size };
}

function relative({ largest, size }: OutputDifference): number {
  return size > 0 ? largest / size : largest;
}

/** Of the largest output: what rounding of the weights and of the maps leaves of them. */
const SAME = { float32: 1e-3, float64: 1e-8 } as const;

/** Whether two networks compute the same, as far as their outputs on the data say. */
export function isSame(difference: OutputDifference, precision: FloatType): boolean {
  return relative(difference) <= SAME[precision];
}

/** That the aligned network computes what the one did that it was made of. */
export function sameOutputs(difference: OutputDifference, precision: FloatType): Check {
  const measured = relative(difference);
  const limit = SAME[precision];
  return {
    name: "aligned-outputs",
    title: "the aligned network computes what the other does",
    passed: measured <= limit,
    measured,
    limit,
    detail:
      "The largest difference on the data of any output of the file, relative to the largest number of that output.",
  };
}

/** What was tried, the one that was taken first. */
export function alignmentOf(
  file: string,
  tried: Tried,
  distance: { readonly before: number; readonly after: number },
): ConnectResult["alignment"] {
  const attemptsOf = (maps: string, alignment: FoundAlignment | undefined) =>
    (alignment?.attempts ?? []).map((each) => ({ maps, ...each }));
  const { classes = [] } = tried.whole ?? tried.permuted ?? {};
  const whole = attemptsOf("all maps that are looked for", tried.whole);
  const exchanges = attemptsOf("exchanges", tried.permuted);
  return {
    file,
    attempts: lowest(tried) === tried.permuted ? [...exchanges, ...whole] : [...whole, ...exchanges],
    distance,
    classes: classes.map(({ extent, freedom, places, tensors }) => ({
      units: extent,
      maps: freedom,
      places: places === null ? 1 : classes[places].extent,
      tensors,
    })),
  };
}
