import { mul, sub } from "../../ops/arithmetic.ts";
import { exp } from "../../ops/unary.ts";
import { weigh } from "../../ops/weigh.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { elementLoss } from "./element-loss.ts";
import { requireEach } from "./label-range.ts";

/** Beyond this rate a count is the sum of those of two halves, so that e^−λ does not vanish. */
const MOST_RATE = 32;

/** A count of rate λ: how many uniform numbers it takes until their product is below e^−λ (Knuth 1969). */
function poissonCount(rate: number, random: RandomStream): number {
  if (rate > MOST_RATE) return poissonCount(rate / 2, random) + poissonCount(rate / 2, random);
  const least = Math.exp(-rate);
  let count = 0;
  for (let product = random.uniform(); product > least; product *= random.uniform()) count++;
  return count;
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
