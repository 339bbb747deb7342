import { norm2 } from "../../linalg/vector.ts";
import type { Check } from "../../result/envelope.ts";
import type { FloatType } from "../../util/tensor.ts";
import { lowest, type Tried } from "./align-both.ts";
import type { Terrain } from "../terrain.ts";
import type { ConnectResult } from "./connect-result.ts";
import type { Alignment } from "./find-alignment.ts";
import { barrierOf, type CurveProfile } from "./profile-curve.ts";

/** The losses along a way, as results hold them. */
export function profileOf(
  named: Pick<ConnectResult["profiles"][number], "name" | "path" | "isAligned">,
  { t, arc, at }: CurveProfile,
): ConnectResult["profiles"][number] {
  const tests = at.flatMap(({ test }) => (test ? [test] : []));
  const seriesOf = (each: readonly { readonly loss: number; readonly accuracy: number | null }[]) => ({
    loss: each.map(({ loss }) => loss),
    accuracy: each.map(({ accuracy }) => accuracy),
  });
  return {
    ...named,
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
  return norm2(a.map((x, i) => x - b[i]).subarray(0, trained));
}

/** The largest difference between the outputs of two networks on the data, and the largest output. */
export async function outputDifference(terrain: Terrain, a: Float64Array, b: Float64Array) {
  const [before, after] = [await terrain.outputs(a), await terrain.outputs(b)];
  let [largest, size] = [0, 0];
  before.forEach((x, i) => {
    largest = Math.max(largest, Math.abs(x - after[i]));
    size = Math.max(size, Math.abs(x));
  });
  return { largest, size };
}

/** Of the largest output: what rounding of the weights and of the maps leaves of them. */
const SAME = { float32: 1e-3, float64: 1e-8 } as const;

/** That the aligned network computes what the one did that it was made of. */
export function sameOutputs(
  { largest, size }: { readonly largest: number; readonly size: number },
  precision: FloatType,
): Check {
  const measured = size > 0 ? largest / size : largest;
  const limit = SAME[precision];
  return {
    name: "aligned-outputs",
    title: "the aligned network computes what the other does",
    passed: measured <= limit,
    measured,
    limit,
    detail: "The largest difference of an output on the data, relative to the largest output.",
  };
}

/** What was tried, the one that was taken first. */
export function alignmentOf(
  file: string,
  tried: Tried,
  distance: { readonly before: number; readonly after: number },
): ConnectResult["alignment"] {
  const attemptsOf = (maps: string, alignment: Alignment | undefined) =>
    (alignment?.attempts ?? []).map(({ by, start, agreement, steps, distance: apart, middle }) => ({
      maps,
      by,
      start,
      agreement,
      steps,
      distance: apart,
      middle,
    }));
  const whole = attemptsOf("all that the graph allows", tried.whole);
  const exchanges = attemptsOf("exchanges", tried.permuted);
  return {
    file,
    attempts: lowest(tried) === tried.permuted?.attempts[0] ? [...exchanges, ...whole] : [...whole, ...exchanges],
    distance,
    classes: (tried.whole?.classes ?? []).map(({ extent, freedom, places, tensors }) => ({
      units: extent,
      maps: freedom,
      places: places === undefined ? 1 : (tried.whole?.classes[places].extent ?? 1),
      tensors: [...tensors],
    })),
  };
}
