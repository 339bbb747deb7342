import { logGamma } from "../../linalg/special-functions.ts";
import { mul, sub } from "../../ops/arithmetic.ts";
import { exp } from "../../ops/unary.ts";
import { weigh } from "../../ops/weigh.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { elementLoss } from "./element-loss.ts";
import { requireEach } from "./label-range.ts";

/** Rates up to which counting takes no longer than rejecting, which is exact from 10 on. */
const FEW = 32;

/** A count of rate λ: how many uniform numbers it takes until their product is below e^−λ (Knuth 1969), or by rejection. */
function poissonCount(rate: number, random: RandomStream): number {
  if (!(rate <= Number.MAX_VALUE)) return Number.NaN;
  if (rate > FEW) return countByRejection(rate, random);
  const least = Math.exp(-rate);
  let count = 0;
  for (let product = random.uniform(); product > least; product *= random.uniform()) count++;
  return count;
}

/** Transformed rejection with squeeze, PTRS (Hörmann 1993, Insurance: Mathematics and Economics 12, 39): some two tries a count. */
function countByRejection(rate: number, random: RandomStream): number {
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = 0.02483 * b - 0.059;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const edge = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / edge + b) * u + rate + 0.43);
    if (edge >= 0.07 && v <= squeeze) return count;
    if (count < 0 || (edge < 0.013 && v > edge)) continue;
    const density = count * Math.log(rate) - rate - logGamma(count + 1);
    if (Math.log((v * inverseAlpha) / (a / edge ** 2 + b)) <= density) return count;
  }
}

/** e^z − y z per output: the negative log-likelihood of counts y of rate λ = e^z, up to log y! (Nelder & Wedderburn 1972). */
export const poisson = elementLoss({
  name: "poisson",
  title: "Poisson",
  formula: String.raw`\ell = e^z - y z`,
  term: (z, y) => sub(exp(z), weigh(y, z)),
  plain: (z, y) => Math.exp(z) - (y === 0 ? 0 : y * z),
  checkLabels: requireEach((label) => label >= 0, "the Poisson loss needs counts, 0 or more"),
  // score e^z − y, and E (y − λ)² = λ
  fisher: (z, tangent) => mul(exp(z), tangent),
  drawn: (z, random) => poissonCount(Math.exp(z), random),
});
