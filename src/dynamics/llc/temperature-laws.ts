/** One way in which λ(t) = t E[ΔL] may approach λ as t = nβ grows. */
export interface TemperatureLaw {
  /** Unique. */
  readonly name: string;
  /** As a sentence has it. */
  readonly title: string;
  /** Its probability before anything is measured: multiplicities above 1 are the exception. */
  readonly prior: number;
  /** λ(t) − λ for possible values of what the law leaves open, each with its weight. */
  shapes(
    temperatures: readonly number[],
    scale: number,
  ): readonly { readonly weight: number; readonly shift: readonly number[] }[];
}

/** Points of a normal prior, and how far it is followed in deviations. */
const POINTS = 121;
const REACH = 4;
/** Sizes of a correction at the hottest temperature, as shares of λ: each order of magnitude is as likely. */
const LEAST = 0.003;
const MOST = 2;
/** Deviation of what stands beside ln t, the logarithm of the unknown scale of the loss. */
const OFFSET = 4;
/** Below this ln t + c is no large number. */
const LEAST_LOGARITHM = 1.5;

function normalGrid(deviation: number): { readonly at: number; readonly weight: number }[] {
  const points = Array.from({ length: POINTS }, (_, i) => {
    const z = REACH * ((2 * i) / (POINTS - 1) - 1);
    return { at: deviation * z, weight: Math.exp((-z * z) / 2) };
  });
  const sum = points.reduce((total, { weight }) => total + weight, 0);
  return points.map(({ at, weight }) => ({ at, weight: weight / sum }));
}

/** Sizes of either sign, evenly in their logarithms. */
function logarithmicGrid(): { readonly at: number; readonly weight: number }[] {
  return Array.from({ length: POINTS }, (_, i) => LEAST * (MOST / LEAST) ** (i / (POINTS - 1))).flatMap((size) => [
    { at: size, weight: 1 / (2 * POINTS) },
    { at: -size, weight: 1 / (2 * POINTS) },
  ]);
}

const constant: TemperatureLaw = {
  name: "constant",
  title: "no change with the temperature",
  prior: 0.2,
  shapes: (temperatures) => [{ weight: 1, shift: temperatures.map(() => 0) }],
};

/** The next pole of the zeta function, p further: λ(t) = λ + a t⁻ᵖ, as of the localising Gaussian (p = 1) and of crossings that end. */
function power(p: number, text: string): TemperatureLaw {
  return {
    name: `power-${text}`,
    title: `a correction that falls as t^−${text}`,
    prior: 0.2,
    shapes: (temperatures, scale) => {
      const hottest = Math.min(...temperatures);
      return logarithmicGrid().map(({ at, weight }) => ({
        weight,
        shift: temperatures.map((t) => at * scale * (t / hottest) ** -p),
      }));
    },
  };
}

/** A pole of order m: Z(t) ∝ t^−λ (ln t + c)^(m−1), so λ(t) = λ − (m − 1)/(ln t + c) (Watanabe 2009, 6.3). */
function logarithmic(multiplicity: number): TemperatureLaw {
  return {
    name: `multiplicity-${multiplicity}`,
    title: `multiplicity ${multiplicity}`,
    prior: multiplicity === 2 ? 0.15 : 0.05,
    shapes: (temperatures) =>
      normalGrid(OFFSET).flatMap(({ at, weight }) => {
        const logarithms = temperatures.map((t) => Math.log(t) + at);
        if (Math.min(...logarithms) < LEAST_LOGARITHM) return [];
        return [{ weight, shift: logarithms.map((x) => -(multiplicity - 1) / x) }];
      }),
  };
}

/** Every law that is weighed. */
export const TEMPERATURE_LAWS: readonly TemperatureLaw[] = [
  constant,
  power(1, "1"),
  power(1 / 2, "1/2"),
  power(1 / 4, "1/4"),
  logarithmic(2),
  logarithmic(3),
];
