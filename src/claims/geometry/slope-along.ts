import { type Slope, slopesOf } from "../../instruments/checks/slope.ts";
import { norm2 } from "../../linalg/vector.ts";

/** Steps of differences in float64, relative to the length of where they are taken. */
const STEPS = [1e-5, 1e-6, 1e-4, 1e-7, 1e-3];

/**
 * The derivative of f along a direction by central differences: of the steps that are tried, the two neighbouring ones that agree
 * best tell it, and by what they disagree its uncertainty, so that a kink between them is seen. Cost: ten evaluations.
 *
 * @param size of what f gives
 *
 * @example
 * await slopeAlong(async (x) => Float64Array.of(x[0] ** 2), { at: Float64Array.of(1), along: Float64Array.of(1), size: 1 }); // 2
 */
export async function slopeAlong(
  f: (x: Float64Array) => Promise<Float64Array>,
  { at, along, size }: { readonly at: Float64Array; readonly along: Float64Array; readonly size: number },
): Promise<Slope> {
  const length = norm2(at) || 1;
  const [slope] = await slopesOf((h) => f(at.map((x, i) => x + h * along[i])), [{ offset: 0, size }], {
    steps: STEPS.map((each) => each * length),
    enough: [0],
    rounding: [0],
  });
  return slope;
}
