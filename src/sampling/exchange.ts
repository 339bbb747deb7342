import type { RandomStream } from "../random/random-stream.ts";
import { type RunContext, throwIfInterrupted } from "../util/run-context.ts";
import { HamiltonianChains } from "./hamiltonian-chains.ts";
import type { Draws, Sampled, Sampler, TemperedDensity, TemperedPotential } from "./sampler.ts";

/** Trajectories stay short: it is the exchanges that take chains far. */
const RULE = { acceptance: 0.8, mostSteps: 8 } as const;

/**
 * Replica exchange: a chain at each temperature, of which neighbours trade places with probability min(1, e^{(t₁ − t₂)(V₁ − V₂)}), V
 * being what the inverse temperature t multiplies; that leaves the product of all densities as it is (Geyer 1991; Hukushima & Nemoto
 * 1996). Even and odd pairs take turns, so that places travel along the ladder (Okabe et al. 2001; Syed et al. 2022). Between trades
 * every chain makes one proposal of Hamiltonian Monte Carlo and one that stretches groups of coordinates.
 *
 * Chains of one temperature are independent of each other; those of two temperatures that trade are not.
 */
export const exchange: Sampler = {
  name: "exchange",
  title: "Replica exchange between temperatures",
  summary:
    "chains at neighbouring temperatures trade places: for ground with crossings, where a chain alone stays in one arm",
  source: "Geyer 1991; Hukushima & Nemoto 1996; Syed et al. 2022",
  gradientsEach: 5,
  isCoupled: true,
  usesBatches: false,
  sample: sampleLadder,
};

async function sampleLadder(
  densities: readonly TemperedDensity[],
  { chains, warmup, draws }: Sampled,
  random: RandomStream,
  context: RunContext,
): Promise<Draws[]> {
  const order = densities
    .map((_, k) => k)
    .sort((a, b) => densities[a].inverseTemperature - densities[b].inverseTemperature);
  const rungs: HamiltonianChains<TemperedPotential>[] = [];
  for (const k of order)
    rungs.push(await HamiltonianChains.begin(RULE, densities[k], { chains, warmup }, random.split(`rung ${k}`)));
  const temperatures = order.map((k) => densities[k].inverseTemperature);
  const streams = Array.from({ length: chains }, (_, c) => random.split(`exchange ${c}`));
  const shares = rungs.map(() => 0);
  const tries = rungs.map(() => 0);

  /** Lets every second pair of neighbours trade. */
  const trade = (turn: number, isCounted: boolean) => {
    for (let k = turn % 2; k + 1 < rungs.length; k += 2) {
      const [hot, cold] = [rungs[k].places, rungs[k + 1].places];
      streams.forEach((stream, c) => {
        const [a, b] = [hot[c], cold[c]];
        const gain = (temperatures[k + 1] - temperatures[k]) * (b.potential.tempered - a.potential.tempered);
        // Written so that what is no number is not taken.
        const share = gain >= 0 ? 1 : gain < 0 ? Math.exp(gain) : 0;
        if (isCounted) {
          tries[k]++;
          shares[k] += share;
        }
        if (!(stream.uniform() < share)) return;
        hot[c] = { place: b.place, potential: b.potential.at(temperatures[k]) };
        cold[c] = { place: a.place, potential: a.potential.at(temperatures[k + 1]) };
      });
    }
  };

  for (let i = 0; i < warmup && context.outOfTime?.() !== true; i++) {
    throwIfInterrupted(context);
    for (const rung of rungs) {
      await rung.adapt();
      await rung.stretch();
    }
    trade(i, false);
    context.progress?.({ stage: "warm-up", done: i + 1, total: warmup });
  }
  for (let i = 0; i < draws && context.outOfTime?.() !== true; i++) {
    throwIfInterrupted(context);
    for (const rung of rungs) {
      await rung.propose();
      await rung.stretch();
    }
    trade(i, true);
    for (const rung of rungs) rung.note();
    context.progress?.({ stage: "sampling", done: i + 1, total: draws });
  }
  const drawn = rungs.map((rung, k) => ({
    ...rung.draws(),
    exchanged: k + 1 < rungs.length && tries[k] > 0 ? shares[k] / tries[k] : null,
  }));
  return densities.map((_, k) => drawn[order.indexOf(k)]);
}
