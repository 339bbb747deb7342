import { dot, norm2 } from "../../linalg/vector.ts";
import { contributionsOf, ofContributing } from "../../quantities/contributions.ts";
import { dataGradient } from "../../quantities/data-gradient.ts";
import type { Desk } from "../../quantities/desk.ts";
import { gradientRounding } from "../../quantities/gradient-rounding.ts";
import { noiseCovarianceOperator } from "../../quantities/noise-covariance-operator.ts";
import type { Check } from "../../result/envelope.ts";

/** Where rounding is no more than this, it is this. */
const LIMIT = { float32: 1e-3, float64: 1e-8 } as const;

/** How many times the rounding that a gradient has typically is still rounding. */
const MARGIN = 16;

/**
 * The products of Σ against the examples' derivatives: uᵀΣu = (1/n) Σ (dᵢᵀu)² for a unit vector u, which is
 * (1/n) Σ (gᵢᵀu)² − (gᵀu)² where all examples count alike (`Deviations`), relative to ‖Σu‖ and to what is subtracted. Cost: one product, and the derivatives of all examples along u.
 *
 * @param u of length 1; the strongest direction of Σ, for Σ to say something there
 */
export async function noiseCovarianceCheck(desk: Desk, u: Float64Array): Promise<Check> {
  const { point, problem, context } = desk;
  const [image] = await desk.operator(noiseCovarianceOperator).apply([u]);
  const along = ofContributing(point, await point.exampleDerivatives(u, context), 1);
  const mean = dot(await desk.get(dataGradient), u);
  const { deviations } = contributionsOf(point);
  const about = { squares: along.map((x) => x * x), along: along.map((x) => x * mean), square: mean ** 2 };
  const square = deviations.size(about);
  const size = norm2(image) + square;
  const error = Math.abs(dot(u, image) - deviations.meanSquare(about));
  const measured = error / size;
  const plain = LIMIT[problem.options.precision];
  const { example } = await desk.get(gradientRounding);
  const limit =
    measured <= plain ? plain : Math.max(plain, (MARGIN * example * (2 * Math.sqrt(square) + example)) / size);
  return {
    name: "noise-covariance",
    title: "The covariance of the examples' gradients against their derivatives",
    // Nothing is decided where rounding leaves nothing of the gradients.
    passed: limit < 1 ? measured <= limit : null,
    measured,
    limit,
    detail:
      "uᵀΣu from a product with Σ against the mean square of what the examples' derivatives along u deviate from their mean by, u the strongest direction found of Σ, relative to the lengths of what is compared.",
  };
}
