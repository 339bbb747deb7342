import { z } from "zod";
import { twoWell } from "../../toys/two-well.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";

/** Numbers of examples, each a part. */
const SIZES = [10, 100, 1000];
/** ±α are the numbers that examples have with the same chance. */
const ALPHA = 1;
/** Curvature that the population has at 0 beside its quartic term, in the second of two settings. */
const MARGIN = 0.2;

/** What n examples make of the loss ¼w⁴ − ½(s̄ − c)w². */
interface Landscape {
  readonly hasTwo: boolean;
  readonly barrier: number;
}

/** Minima and the height between them, of the function with that coefficient. */
function landscapeOf(s: number): Landscape {
  const { critical, value } = twoWell.with({ s, n: 1 });
  const minima = critical.filter(({ kind }) => kind === "minimum");
  const between = critical.find(({ kind }) => kind === "maximum");
  if (minima.length < 2 || between === undefined) return { hasTwo: false, barrier: 0 };
  return { hasTwo: true, barrier: value(between.at) - value(minima[0].at) };
}

/** P(K > k) of a binomial number of n fair coins, summed from the logarithms of its terms. */
function binomialAbove(k: number, n: number): number {
  let logTerm = -n * Math.LN2;
  let sum = 0;
  for (let i = 0; i <= n; i++) {
    if (i > k) sum += Math.exp(logTerm);
    logTerm += Math.log((n - i) / (i + 1));
  }
  return sum;
}

export const twoWellSamples = defineClaim({
  id: "E8",
  topic: "symmetry",
  statement: "With enough examples, spurious minima of the empirical loss vanish.",
  says: "rival",
  law: "of the mean of ¼w⁴ − ½sᵢw², sᵢ = ±α, E[barrier] = α²/8n, but P(two minima) = P(Bin(n, ½) > n/2) → ½; with a curvature c > 0 at 0 it is P(Bin(n, ½) > n(1 + c/α)/2) ≤ exp(−nc²/2α²)",
  rival: "barriers fall so, and P(two minima) falls with n as it does with a margin c, where there is none, too",
  condition:
    "the curvature of the population at 0 is bounded away from 0; where it is degenerate only the height of the barriers vanishes, not their number",
  source: "binomial distribution; the bound is that of Hoeffding 1963; the condition that of Mei, Bai & Montanari 2018",
  why: "Empirical gradients and Hessians converge to those of the population, and so do its minima where they are strict.",
  means:
    "More data flatten what lies between two copies of a solution; they do not make one of two, where the population does not decide.",
  breaks:
    "Data that are not independent have fewer examples than they count; a margin that shrinks like 1/√n changes nothing.",
  reading: ["Mei, Bai & Montanari, Ann. Statist. 46, 2747 (2018)"],
  parameters: z.object({ draws: scaled(400_000, 60_000, "samples of each size") }),
  parts: () => SIZES.length,
  found: z.object({
    barrier: z.number(),
    barrierError: z.number(),
    two: z.number(),
    twoWithMargin: z.number(),
  }),
  measure({ draws }, part, { random }) {
    const n = SIZES[part];
    const counts = new Float64Array(n + 1);
    for (let i = 0; i < draws; i++) {
      let up = 0;
      const signs = random.rademacherVector(n);
      for (let k = 0; k < n; k++) if (signs[k] > 0) up++;
      counts[up]++;
    }
    let [sum, squares, two, twoWithMargin] = [0, 0, 0, 0];
    counts.forEach((times, up) => {
      if (times === 0) return;
      const mean = (ALPHA * (2 * up - n)) / n;
      const { hasTwo, barrier: own } = landscapeOf(mean);
      // The mirror image of a sample is as likely, and halves what the mean varies.
      const barrier = (own + landscapeOf(-mean).barrier) / 2;
      sum += times * barrier;
      squares += times * barrier * barrier;
      if (hasTwo) two += times;
      if (landscapeOf(mean - MARGIN).hasTwo) twoWithMargin += times;
    });
    const barrier = sum / draws;
    return {
      barrier,
      barrierError: Math.sqrt((squares / draws - barrier * barrier) / draws),
      two: two / draws,
      twoWithMargin: twoWithMargin / draws,
    };
  },
  conclude(found, { draws }) {
    const chance = (p: number) => Math.sqrt((p * (1 - p)) / draws);
    const laws = SIZES.map((n) => binomialAbove(n / 2, n));
    const bound = (n: number) => Math.exp((-n * MARGIN * MARGIN) / (2 * ALPHA * ALPHA));
    return {
      evidence: [
        ...SIZES.map((n, i) => {
          const standardError = chance(laws[i]);
          return weigh({
            name: `P(two minima), n = ${n}`,
            measured: found[i].two,
            standardError,
            law: equals(laws[i]),
            rival: equals(laws[0] * (bound(n) / bound(SIZES[0]))),
            allowed: 3 * standardError,
          });
        }),
        ...SIZES.map((n, i) => {
          const law = binomialAbove((n * (1 + MARGIN / ALPHA)) / 2, n);
          return weigh({
            name: `P(two minima) with c = ${MARGIN}, n = ${n}`,
            measured: found[i].twoWithMargin,
            standardError: chance(law),
            law: equals(law),
            rival: equals(law),
            allowed: 3 * chance(law),
          });
        }),
        ...SIZES.map((n, i) => {
          const law = ALPHA ** 2 / (8 * n);
          return weigh({
            name: `mean barrier times 8n/α², n = ${n}`,
            measured: found[i].barrier / law,
            standardError: found[i].barrierError / law,
            law: equals(1),
            rival: equals(1),
            allowed: 0.02,
          });
        }),
      ],
      picture: {
        title: "Two minima in samples of a loss that has one",
        description: "The share of samples whose mean loss has two minima, against the number of examples.",
        x: { title: "n", scale: "log" },
        y: { title: "P(two minima)" },
        law: [{ name: "", x: SIZES, y: laws }],
        rival: [{ name: "", x: SIZES, y: SIZES.map((n) => laws[0] * (bound(n) / bound(SIZES[0]))) }],
        measured: [
          { name: "", x: SIZES, y: found.map(({ two }) => two), error: laws.map(chance) },
          { name: "with a margin", x: SIZES, y: found.map(({ twoWithMargin }) => twoWithMargin) },
        ],
      },
    };
  },
});
