import { type Slope, slopesOf } from "../../instruments/checks/slope.ts";
import { norm2, plusMultiple } from "../../linalg/vector.ts";
import { type Evidence, weigh } from "../claim/evidence.ts";
import { isMet } from "../claim/judge.ts";

/** Steps of differences in float64, relative to the length of where they are taken. */
const STEPS = [1e-5, 1e-6, 1e-4, 1e-7, 1e-3, 1e-8, 1e-9];

/** What rounding may change in f, relative to its length. */
const ROUNDING = 16 * Number.EPSILON;

/** A slope by differences, and by how much f bends within their step. */
interface SlopeAlong extends Slope {
  /** Half of what the slopes ahead and behind are apart, as a length. */
  readonly bend: number;
}

/**
 * The derivative of f along a direction by central differences: of the steps that are tried, the two neighbouring ones that agree
 * best tell it, and by what they disagree, and rounding leaves, its uncertainty. Kinks that lie closer than the shortest step are not seen so, but in the
 * bend. Cost: at most 15 evaluations.
 *
 * @param size of what f gives
 *
 * @example
 * await slopeAlong(async (x) => Float64Array.of(x[0] ** 2), { at: Float64Array.of(1), along: Float64Array.of(1), size: 1 }); // 2
 */
export async function slopeAlong(
  f: (x: Float64Array) => Promise<Float64Array>,
  { at, along, size }: { readonly at: Float64Array; readonly along: Float64Array; readonly size: number },
): Promise<SlopeAlong> {
  const length = norm2(at) || 1;
  const seen = new Map<number, Float64Array>();
  const move = async (h: number) => {
    const found = seen.get(h) ?? (await f(plusMultiple(at, h, along)));
    seen.set(h, found);
    return found;
  };
  const [slope] = await slopesOf(move, [{ offset: 0, size }], {
    steps: STEPS.map((each) => each * length),
    enough: [0],
    rounding: [ROUNDING * norm2(await move(0))],
  });
  const [ahead, here, behind] = [await move(slope.step), await move(0), await move(-slope.step)];
  return { ...slope, bend: norm2(ahead.map((x, i) => x - 2 * here[i] + behind[i])) / (2 * slope.step) };
}

/** What a slope by differences may be off by: see {@link weighSlope}. */
type SlopeError = Pick<SlopeAlong, "uncertainty" | "bend">;

/** Misfits up to so many times the uncertainty are no misfits. */
const UNCERTAIN = 3;

/**
 * A number that differences gave beside the laws. Its error is their uncertainty; where the law is not met it is what f bends by, too: a
 * difference that kinks may have made says nothing against a derivative.
 *
 * @param allowed beside the uncertainty
 */
export function weighSlope(
  { uncertainty, bend }: SlopeError,
  { allowed, ...given }: Omit<Parameters<typeof weigh>[0], "standardError" | "allowed"> & { readonly allowed: number },
): Evidence {
  const bearing = { ...given, allowed: Math.max(allowed, UNCERTAIN * uncertainty) };
  const first = weigh({ ...bearing, standardError: uncertainty });
  return isMet(first.law, first) ? first : weigh({ ...bearing, standardError: Math.max(uncertainty, bend) });
}
