import type { Objective } from "../../optimizers/objective.ts";
import type { RacePath, RaceResult } from "./race-result.ts";

const POINTS = 41;
/** Around what is drawn. */
const MARGIN = 0.15;
/** Ways that run off far are cut: what is drawn goes no further than this many times the middle half of the places. */
const REACH = 4;

/** A function of two coordinates around ways over it. */
export function groundAround(f: Objective, paths: readonly RacePath[]): RaceResult["ground"] {
  if (f.dimension !== 2) return null;
  const places = paths.flatMap((path) => path.places ?? []).filter((place) => place.every(Number.isFinite));
  if (places.length === 0) return null;
  const axis = (k: number) => {
    const sorted = places.map((place) => place[k]).sort((a, b) => a - b);
    const at = (p: number) => sorted[Math.round(p * (sorted.length - 1))];
    const [q1, q3] = [at(0.25), at(0.75)];
    const reach = REACH * (q3 - q1 || Math.abs(q3) || 1);
    const low = Math.max(sorted[0], q1 - reach);
    const high = Math.min(sorted[sorted.length - 1], q3 + reach);
    const margin = MARGIN * (high - low || 1);
    return Array.from({ length: POINTS }, (_, i) => low - margin + (i / (POINTS - 1)) * (high - low + 2 * margin));
  };
  const [x, y] = [axis(0), axis(1)];
  return { x, y, values: y.map((b) => x.map((a) => f.value(Float64Array.of(a, b)))) };
}
