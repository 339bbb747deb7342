import { norm2 } from "../../linalg/vector.ts";
import type { Tried } from "./align-both.ts";
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
  return {
    file,
    attempts: [...attemptsOf("all that the graph allows", tried.whole), ...attemptsOf("exchanges", tried.permuted)],
    distance,
    classes: (tried.whole?.classes ?? []).map(({ extent, freedom, places, tensors }) => ({
      units: extent,
      maps: freedom,
      places: places === undefined ? 1 : (tried.whole?.classes[places].extent ?? 1),
      tensors: [...tensors],
    })),
  };
}
