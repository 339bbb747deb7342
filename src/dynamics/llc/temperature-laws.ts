import { minOf } from "../../util/extremes.ts";

/** One way in which λ(t) = t E[ΔL] may approach λ as t = nβ grows. */
export interface TemperatureLaw {
  /** Unique. */
  readonly name: string;
  /** As a sentence has it. */
  readonly title: string;
  /** Its probability before anything is measured: multiplicities above 1 are the exception. */
  readonly prior: number;
  /** Order of the pole that λ is, which is at most the number of parameters (Watanabe 2009, 6.1). */
  readonly multiplicity: number;
  /** λ(t) − λ for possible values of what the law leaves open, each with its weight. */
  shapes(
    temperatures: readonly number[],
    scale: number,
  ): readonly { readonly weight: number; readonly shift: readonly number[] }[];
}

/** Points of a prior: near enough to each other for λ from one and the next to differ by less than laws are off. */
const POINTS = 481;
/** The same of a second number beside it. */
const FEW_POINTS = 41;
/** How far a normal prior is followed, in deviations. */
const REACH = 4;
/** Sizes of a correction at the hottest temperature, as shares of λ: each order of magnitude is as likely. */
const LEAST = 0.003;
const MOST = 2;
/** Deviation of what stands beside ln t, the logarithm of the unknown scale of the loss. */
const OFFSET = 4;
/** Below this ln t + c is no large number. */
const LEAST_LOGARITHM = 1.5;

function normalGrid(deviation: number, count = POINTS): { readonly at: number; readonly weight: number }[] {
  const points = Array.from({ length: count }, (_, i) => {
    const z = REACH * ((2 * i) / (count - 1) - 1);
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
  multiplicity: 1,
  shapes: (temperatures) => [{ weight: 1, shift: temperatures.map(() => 0) }],
};

/** The next pole of the zeta function, p further: λ(t) = λ + a t⁻ᵖ, as of the localising Gaussian (p = 1) and of crossings that end. */
function power(p: number, text: string): TemperatureLaw {
  return {
    name: `power-${text}`,
    title: `a correction that falls as t^−${text}`,
    prior: 0.2,
    multiplicity: 1,
    shapes: (temperatures, scale) => {
      const hottest = minOf(temperatures);
      return logarithmicGrid().map(({ at, weight }) => ({
        weight,
        shift: temperatures.map((t) => at * scale * (t / hottest) ** -p),
      }));
    },
  };
}

/** A pole of order 2: Z(t) ∝ t^−λ (ln t + c), so λ(t) = λ − 1/(ln t + c) (Watanabe 2009, 6.3). */
const double: TemperatureLaw = {
  name: "multiplicity-2",
  title: "multiplicity 2",
  prior: 0.15,
  multiplicity: 2,
  shapes: (temperatures) =>
    normalGrid(OFFSET).flatMap(({ at, weight }) => {
      const logarithms = temperatures.map((t) => Math.log(t) + at);
      return minOf(logarithms) < LEAST_LOGARITHM ? [] : [{ weight, shift: logarithms.map((x) => -1 / x) }];
    }),
};

/** A pole of order 3: Z(t) ∝ t^−λ ((ln t + c)² + e), so λ(t) = λ − 2(ln t + c)/((ln t + c)² + e). */
const triple: TemperatureLaw = {
  name: "multiplicity-3",
  title: "multiplicity 3",
  prior: 0.05,
  multiplicity: 3,
  shapes: (temperatures) =>
    normalGrid(OFFSET).flatMap(({ at, weight }) => {
      const logarithms = temperatures.map((t) => Math.log(t) + at);
      if (minOf(logarithms) < LEAST_LOGARITHM) return [];
      return normalGrid(OFFSET ** 2 / 2, FEW_POINTS).flatMap(({ at: rest, weight: share }) => {
        const squares = logarithms.map((x) => x * x + rest);
        if (minOf(squares) < LEAST_LOGARITHM ** 2) return [];
        return [{ weight: weight * share, shift: logarithms.map((x, k) => (-2 * x) / squares[k]) }];
      });
    }),
};

/** Of the localised law, tκ/γ of the flattest direction at the hottest temperature, and how far the curvatures spread. */
const HELD = [0.3, 1, 3];
const SPREADS = [10, 100];

/**
 * What a localising Gaussian takes from directions whose curvatures spread evenly in their logarithms: each falls short by ½/(1 + tκ/γ),
 * their mean by 1 − ln((1 + rx)/(1 + x))/ln r, x = tκ/γ of the flattest and rκ the sharpest. Near x = 1 that falls slower than 1/t,
 * and ends.
 */
const localized: TemperatureLaw = {
  name: "localized",
  title: "curvatures of many sizes that the localisation holds",
  prior: 0.2,
  multiplicity: 1,
  shapes: (temperatures, scale) => {
    const hottest = minOf(temperatures);
    const sizes = logarithmicGrid().filter(({ at }) => at > 0);
    const held = HELD.flatMap((x) => SPREADS.map((r) => temperatures.map((t) => shareHeld((x * t) / hottest, r))));
    return held.flatMap((share) =>
      sizes.map(({ at, weight }) => ({
        weight: (2 * weight) / held.length,
        shift: share.map((each) => -at * scale * each),
      })),
    );
  },
};

function shareHeld(x: number, spread: number): number {
  return 1 - Math.log((1 + spread * x) / (1 + x)) / Math.log(spread);
}

/** Every law that is weighed. */
export const TEMPERATURE_LAWS: readonly TemperatureLaw[] = [
  constant,
  power(1, "1"),
  localized,
  power(1 / 2, "1/2"),
  power(1 / 4, "1/4"),
  double,
  triple,
];
