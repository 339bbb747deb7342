import type { ShownSection } from "../../result/shown-section.ts";
import { formatEstimate, formatNumber, formatShare } from "../../util/format-number.ts";
import { formatCount, formatCounted } from "../../util/format-size.ts";
import { doubtsOf } from "./doubts.ts";
import type { LlcResult } from "./llc-result.ts";

/** A learning coefficient in words and numbers. */
export function llcSections(result: LlcResult): ShownSection[] {
  const { coefficient, parameters, temperatures, sampler, sampleSize, localization } = result;
  const { lower, upper } = coefficient.interval;
  const half = Math.max(coefficient.value - lower, upper - coefficient.value);
  const [first] = temperatures;
  return [
    {
      title: "The local learning coefficient",
      caveats: doubtsOf(result),
      text: [meaning(result), basis(result), finite(result)],
      readings: [
        {
          label: "Local learning coefficient",
          symbol: String.raw`\hat\lambda`,
          value: formatEstimate(coefficient.value, half),
          note: `95 % interval ${formatNumber(lower)} to ${formatNumber(upper)}: simulation ± ${formatNumber(result.error.simulation, 2)}, temperature, localisation and rounding up to ${formatNumber(result.error.systematic, 2)}`,
          key: { label: "λ̂", number: { value: coefficient.value, error: half } },
        },
        {
          label: "Half of the parameters",
          symbol: String.raw`d/2`,
          value: formatNumber(parameters / 2),
          note: "what λ is where the loss is regular",
        },
        {
          label: "Share of them",
          symbol: String.raw`2\hat\lambda/d`,
          value: formatEstimate((2 * coefficient.value) / parameters, (2 * half) / parameters),
        },
        {
          label: "Loss at the weights",
          value: formatNumber(result.loss),
          note:
            result.drop > 0
              ? `the lowest drawn lies ${formatNumber(result.drop)} below`
              : "none that was drawn lies below",
        },
      ],
      table: {
        columns: ["β·ln n", "nβ", "λ(β)", "± (95 %)", "(nβ)² Var L", "R̂", "effective draws", "accepted", "gradients"],
        rows: temperatures.map((each) => [
          formatNumber(each.multiple),
          formatNumber(each.inverseTemperature),
          formatNumber(each.coefficient.value),
          formatNumber(each.coefficient.half, 2),
          formatNumber(each.variance),
          formatNumber(Math.max(each.rHat.energy, each.rHat.distance)),
          formatNumber(each.coefficient.effectiveSize, 3),
          formatShare(each.chains.reduce((sum, { acceptance }) => sum + acceptance, 0) / each.chains.length),
          each.gradients,
        ]),
      },
    },
    {
      title: "The chains",
      caveats: [],
      text: [
        `${sampler.title} (${sampler.source}): ${formatCounted(first.chains.length, "chain")} of ${formatCounted(first.draws, "draw")} at each of ${formatCounted(temperatures.length, "temperature")}, from p(w) ∝ exp(−nβ L(w) − γ/2 ‖w − w*‖²) with n = ${formatNumber(sampleSize)}, β in units of 1/ln n, γ = ${formatNumber(localization)}${sampler.batch === null ? "" : `; each step on ${formatCounted(sampler.batch, "example")}`}.`,
        ...temperatures.map(
          (each) =>
            `β = ${formatNumber(each.multiple)}/ln n: the localisation holds ${formatNumber(each.localizationEnergy)} of ${parameters} directions about (γ E‖w − w*‖²); γ doubled would change λ(β) by ${formatNumber(each.localizationSlope * Math.LN2, 2)}. In equilibrium E[d − (w − w*)·∇U] is 0, and it is ${formatEstimate(each.identity.value, each.identity.half)}.`,
        ),
        ...(result.ladder.length === 0
          ? []
          : [
              `Chains of neighbouring temperatures traded places: of these trades ${result.ladder
                .flatMap(({ multiple, exchanged }) =>
                  exchanged === null ? [] : [`${formatShare(exchanged)} at ${formatNumber(multiple)}`],
                )
                .join(", ")} times 1/ln n with the next colder were accepted.`,
            ]),
        ...result.freeEnergy.map(({ from, to, slope, expected }) =>
          slope === null
            ? `Between β = ${formatNumber(from)} and ${formatNumber(to)}/ln n hardly a draw of one could be one of the other: the free energy between them is not known.`
            : `Between β = ${formatNumber(from)} and ${formatNumber(to)}/ln n the free energy rises by ${formatEstimate(slope.value, slope.standardError)} for each e-fold (Bennett 1976); λ(β) integrates to ${formatEstimate(expected.value, expected.standardError)}.`,
        ),
      ],
      readings: [],
      table: {
        columns: ["β·ln n", "chain", "mean nβ(L − L*)", "mean distance", "accepted"],
        rows: temperatures.flatMap((each) =>
          each.chains
            .slice(0, MOST_ROWS)
            .map(({ energy, distance, acceptance }, c) => [
              formatNumber(each.multiple),
              c + 1,
              formatNumber(energy),
              formatNumber(distance),
              formatShare(acceptance),
            ]),
        ),
      },
    },
  ];
}

/** Chains of a temperature in the table. */
const MOST_ROWS = 16;

function meaning({ coefficient, parameters }: LlcResult): string {
  const { value, interval } = coefficient;
  const half = parameters / 2;
  if (value <= 0) return `λ̂ = ${formatNumber(value)} of d/2 = ${formatNumber(half)}.`;
  const same = `the volume of weights around them whose loss is less than ε above theirs shrinks with ε like that of a regular model with ${formatNumber(2 * value, 3)} parameters; the network has ${parameters}`;
  if (interval.upper < half) return `λ̂ = ${formatNumber(value)}, below d/2 = ${formatNumber(half)}: ${same}.`;
  if (interval.lower > half) return `λ̂ = ${formatNumber(value)}, above d/2 = ${formatNumber(half)}.`;
  return `λ̂ = ${formatNumber(value)}, not told apart from d/2 = ${formatNumber(half)}, that of a regular model.`;
}

function basis({ isAsymptotic, laws, temperatures, coefficient, parameters }: LlcResult): string {
  if (isAsymptotic) {
    const likely = [...laws]
      .sort((a, b) => b.probability - a.probability)
      .filter(({ probability }) => probability >= 0.05);
    const isPossible = coefficient.value >= 0 && coefficient.value <= parameters / 2;
    return `The temperatures agree on a limit, which λ̂ is: the laws by which λ(β) may approach it are weighed by the data (${likely.map(({ title, probability }) => `${title}: ${formatShare(probability)}`).join("; ")}), and what they differ by is part of the interval${isPossible ? "; of what they leave open only what lies between 0 and d/2 counts, where every λ does at a minimum of a smooth loss (Watanabe 2009)" : ""}.`;
  }
  const values = temperatures.map(
    (each) => `${formatNumber(each.coefficient.value)} at ${formatNumber(each.multiple)}`,
  );
  return `λ̂ is λ(β) at ${temperatures.length === 1 ? "the one temperature" : "the temperature nearest to 1/ln n"}, not a limit: λ(β) is ${values.join(", ")} times 1/ln n${temperatures.length < 3 ? ", and fewer than three temperatures tell no limit" : ", and these do not agree on one"}. What a factor e of β and a factor 2 of γ change is part of the interval of ${formatNumber(coefficient.value)}.`;
}

function finite({ sampleSize, coefficient }: LlcResult): string {
  const spread = Math.sqrt(coefficient.value / (2 * Math.log(sampleSize)));
  // No λ is below 0: of an estimate that is, no order follows.
  const order = spread > 0 ? `, of the order √(λ/(2 ln n)) = ${formatNumber(spread, 2)} (Watanabe 2013)` : "";
  return `The interval is that of the loss on these data. λ of the loss on all data that there could be differs by what a sample of n = ${formatCount(sampleSize)} leaves open${order}.`;
}
