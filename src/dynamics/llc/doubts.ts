import { formatBound, formatNumber, formatShare } from "../../util/format-number.ts";
import { medianOf } from "../../linalg/median-of.ts";
import type { LlcResult, Temperature } from "./llc-result.ts";
import { IDENTITY_ERRORS } from "./summarize-draws.ts";
import { maxOf } from "../../util/extremes.ts";

/** R̂ above which chains are doubted (Vehtari et al. 2021). */
const R_HAT = 1.01;
/** Of trades between neighbours, those that have to be accepted for places to travel along the ladder. */
const FEWEST_TRADES = 0.1;
/** Shares of proposals that a chain takes, below which it hardly moves. */
const HARDLY = 0.1;
/** Shares of proposals that may diverge. */
const DIVERGENT = 0.01;
/** Deviations of the chains' middle half, and the share of their median, that a chain is off by which left. */
const OUTLYING = 6;
const OUTLYING_SHARE = 0.5;
/** Of λ, what a loss below L(w*) may make of it. */
const DROP = 0.02;

/** What speaks against the coefficient, in sentences made of the numbers. */
export function doubtsOf(result: LlcResult): string[] {
  const { temperatures, coefficient, drop, parameters, freeEnergy, ladder } = result;
  const main = temperatures.reduce((best, each) =>
    Math.abs(Math.log(each.multiple)) < Math.abs(Math.log(best.multiple)) ? each : best,
  );
  const lost = drop * main.inverseTemperature;
  return [
    ...(lost > DROP * Math.abs(coefficient.value)
      ? [
          `The weights are no minimum: a loss ${formatNumber(drop)} below theirs was drawn, which takes at least ${formatBound(lost, 4, "least")} off λ at β = ${formatNumber(main.multiple)}/ln n. Train further on these data.`,
        ]
      : []),
    ...(coefficient.value <= 0
      ? [`λ̂ is not positive, as the loss around the weights lies below theirs on average: they are no minimum.`]
      : []),
    ...(coefficient.interval.lower > parameters / 2
      ? [
          `λ̂ lies above d/2 = ${formatNumber(parameters / 2)}, which no λ does where the loss has a curvature: it may have a kink at the weights, or β is too small to see its bottom alone.`,
        ]
      : []),
    ...farther(result),
    ...temperatures.flatMap((each) => ofChains(each, result.sampler)),
    ...divergent(temperatures),
    ...ladder.flatMap(({ multiple, exchanged }, k) =>
      exchanged === null || exchanged >= FEWEST_TRADES
        ? []
        : [
            `Between β = ${formatNumber(multiple)} and ${formatNumber(ladder[k + 1].multiple)}/ln n only ${formatShare(exchanged)} of the trades of places were accepted: --bridges between them help.`,
          ],
    ),
    ...freeEnergy.flatMap(({ from, to, slope, expected }) => {
      if (slope === null) return [];
      const error = Math.hypot(slope.standardError, expected.standardError);
      if (Math.abs(slope.value - expected.value) <= 4 * error + 0.02 * Math.abs(expected.value)) return [];
      return [
        `Between β = ${formatNumber(from)} and ${formatNumber(to)}/ln n the free energy has the slope ${formatNumber(slope.value)} ± ${formatNumber(slope.standardError, 2)}, and λ(β) integrates to ${formatNumber(expected.value)} ± ${formatNumber(expected.standardError, 2)}: the draws of the two do not fit together.`,
      ];
    }),
  ];
}

/** Chains that are farther from the weights than these are from 0: what they see is hardly local. */
function farther({ temperatures, length, localization }: LlcResult): string[] {
  const far = maxOf(temperatures.flatMap(({ chains }) => chains.map(({ distance }) => distance)));
  if (length === null || length === 0 || far <= length) return [];
  return [
    `Chains are up to ${formatNumber(far)} away from the weights on average, whose own length is ${formatNumber(length)}: a larger --localization than ${formatNumber(localization)} keeps them nearer.`,
  ];
}

function divergent(temperatures: readonly Temperature[]): string[] {
  const shareOf = ({ divergences, draws, chains }: Temperature) => divergences / (draws * chains.length);
  const steep = temperatures.filter((each) => shareOf(each) > DIVERGENT);
  if (steep.length === 0) return [];
  return [
    `At β = ${steep.map(({ multiple }) => formatNumber(multiple)).join(", ")}/ln n ${steep.length > 1 ? "up to " : ""}${formatShare(maxOf(steep.map(shareOf)))} of the proposals diverged: in places the ground is too steep for the step.`,
  ];
}

function ofChains(each: Temperature, { batch }: LlcResult["sampler"]): string[] {
  const { rHat, identity, chains } = each;
  const where = `At β = ${formatNumber(each.multiple)}/ln n`;
  const lazy = chains.filter(({ acceptance }) => acceptance < HARDLY).length;
  const left = outlying(chains.map(({ energy }) => energy));
  return [
    ...(rHat.energy > R_HAT
      ? [`${where} R̂ of the loss is ${formatNumber(rHat.energy)}, above ${R_HAT}: the chains do not agree yet.`]
      : []),
    ...(Math.abs(identity.value) > IDENTITY_ERRORS * identity.standardError
      ? [
          `${where} the chains are not in equilibrium: E[d − (w − w*)·∇U] is ${formatNumber(identity.value)} ± ${formatNumber(identity.standardError, 2)} in place of 0. More --warmup helps${batch !== null ? ", and a larger --batch where it is the steps" : ""}.`,
        ]
      : []),
    ...(lazy > 0
      ? [`${where} ${lazy} of ${chains.length} chains took fewer than ${formatShare(HARDLY)} of their proposals.`]
      : []),
    ...(left.length > 0
      ? [
          `${where} chain${left.length > 1 ? "s" : ""} ${left.map((c) => c + 1).join(", ")} left where the others are: ${left.map((c) => formatNumber(chains[c].energy)).join(", ")} against ${formatNumber(medianOf(chains.map(({ energy }) => energy)))}.`,
        ]
      : []),
  ];
}

/** Those that are far from all others. */
function outlying(numbers: readonly number[]): number[] {
  const middle = medianOf(numbers) ?? Number.NaN;
  const deviation = 1.4826 * (medianOf(numbers.map((x) => Math.abs(x - middle))) ?? Number.NaN);
  return numbers.flatMap((x, i) =>
    Math.abs(x - middle) > OUTLYING * deviation && Math.abs(x - middle) > OUTLYING_SHARE * Math.abs(middle) ? [i] : [],
  );
}
