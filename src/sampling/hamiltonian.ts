import { dot } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { type RunContext, throwIfInterrupted } from "../util/run-context.ts";
import { DualAveraging } from "./dual-averaging.ts";
import { type Density, DIVERGED, type Draws, type Potential, type Sampled } from "./sampler.ts";
import { ScaleEstimate } from "./scale-estimate.ts";
import { TrajectoryLength } from "./trajectory-length.ts";

/** What tells Hamiltonian samplers apart. */
export interface HamiltonianRule {
  /** Share of proposals that the step size is to let through. */
  readonly acceptance: number;
  /** Whether the length of trajectories is adapted; else each is one step. */
  readonly adaptsLength: boolean;
}

/** Steps that no trajectory is longer than. */
const MOST_STEPS = 1024;
/** Step sizes vary down to this share, so that no period of the ground is met again and again. */
const NARROW = 0.6;
/** The same where the ground is much stiffer in some places than in others, so that chains there come on with the shortest. */
const WIDE = 1 / 16;
/** From this share of proposals on that hardly stand a chance ({@link HOPELESS}), the ground is that. */
const STUCK = 0.01;
const HOPELESS = 0.02;
/** Share of the warm-up behind which nothing is adapted any more, and such proposals are counted. */
const SETTLED = 0.85;
/** One of so many proposals of the warm-up is short, for chains that begin where it is steep; nothing is learnt from it. */
const SHORT_EVERY = 5;
/** Shares of the warm-up behind which scales are taken from what was drawn since the one before. */
const SCALES_AT = [0.15, 0.3, 0.5] as const;
/** Halvings and doublings to a first step size at most. */
const SEARCH = 60;

interface Chain {
  place: Float64Array;
  potential: Potential;
}

/** A trajectory's end. */
interface Proposal extends Chain {
  readonly momentum: Float64Array;
  /** min(1, e^{−ΔH}). */
  readonly acceptance: number;
  readonly isDivergent: boolean;
}

/**
 * Hamiltonian Monte Carlo with chains side by side: every chain goes the same number of leapfrog steps, so that each step is one
 * evaluation of all of them. Momenta are normal in coordinates divided by their scales. The step size is found by dual averaging,
 * the length of trajectories by the criterion of {@link TrajectoryLength}; both, and the scales, only during the warm-up.
 */
export async function sampleHamiltonian(
  rule: HamiltonianRule,
  density: Density,
  { chains: count, warmup, draws }: Sampled,
  random: RandomStream,
  context: RunContext,
): Promise<Draws> {
  const { dimension, centre } = density;
  const streams = Array.from({ length: count }, (_, i) => random.split(`chain ${i}`));
  const starts = streams.map((stream) => density.start(stream.split("start")));
  const chains: Chain[] = (await density.at(starts)).map((potential, c) => ({ place: starts[c], potential }));
  const jitter = random.split("jitter");
  let scales = new Float64Array(dimension).fill(1);
  let gradients = count;

  const travel = async (step: number, steps: number): Promise<Proposal[]> => {
    const moving = streams.map((stream) => stream.normalVector(dimension));
    const kinetic = moving.map((p) => dot(p, p) / 2);
    const places = chains.map(({ place }) => place.slice());
    let potentials: readonly Potential[] = chains.map(({ potential }) => potential);
    const kick = (size: number) =>
      moving.forEach((p, c) => {
        const { gradient } = potentials[c];
        for (let i = 0; i < dimension; i++) p[i] -= size * scales[i] * gradient[i];
      });
    kick(step / 2);
    for (let k = 0; k < steps; k++) {
      if (k > 0) kick(step);
      places.forEach((x, c) => {
        const p = moving[c];
        for (let i = 0; i < dimension; i++) x[i] += step * scales[i] * p[i];
      });
      potentials = await density.at(places);
      gradients += count;
    }
    kick(step / 2);
    return chains.map(({ potential }, c) => {
      const p = moving[c];
      const change = potentials[c].energy + dot(p, p) / 2 - potential.energy - kinetic[c];
      // Written so that what is no number is not taken.
      const acceptance = change <= 0 ? 1 : change > 0 ? Math.exp(-change) : 0;
      return {
        place: places[c],
        potential: potentials[c],
        momentum: p,
        acceptance,
        isDivergent: !(change < DIVERGED),
      };
    });
  };
  const settle = (proposals: readonly Proposal[]): boolean[] =>
    proposals.map(({ place, potential, acceptance }, c) => {
      const isTaken = streams[c].uniform() < acceptance;
      if (isTaken) chains[c] = { place, potential };
      return isTaken;
    });

  let adapted = new DualAveraging(await firstStep(travel, dimension), rule.acceptance);
  const length = new TrajectoryLength(adapted.step);
  let estimate = new ScaleEstimate(centre, density.groups);
  const scaleAt = SCALES_AT.map((share) => Math.round(share * warmup));
  const stepsOf = (step: number, share: number) =>
    rule.adaptsLength ? Math.min(MOST_STEPS, Math.max(1, Math.round((share * length.value) / step))) : 1;

  let hopeless = 0;
  let proposed = 0;
  for (let i = 0; i < warmup && context.outOfTime?.() !== true; i++) {
    throwIfInterrupted(context);
    const share = radicalInverse(i + 1);
    const isSettled = i >= SETTLED * warmup;
    const step = isSettled ? adapted.averaged : adapted.step;
    const steps = stepsOf(step, share);
    if (i % SHORT_EVERY === SHORT_EVERY - 1 && !scaleAt.includes(i + 1)) {
      settle(await travel(step * WIDE ** jitter.uniform(), steps));
      continue;
    }
    const proposals = await travel(step, steps);
    if (isSettled) {
      hopeless += proposals.filter(({ acceptance }) => acceptance < HOPELESS).length;
      proposed += count;
    } else {
      adapted.update(meanOf(proposals.map(({ acceptance }) => acceptance)));
      if (rule.adaptsLength)
        length.update(
          chains.map(({ place }) => place),
          proposals,
          { scales, centre, time: steps * step, most: MOST_STEPS * step },
        );
    }
    settle(proposals);
    for (const { place } of chains) estimate.add(place);
    if (scaleAt.includes(i + 1)) {
      const before = scales;
      scales = estimate.scales();
      estimate = new ScaleEstimate(centre, density.groups);
      adapted = new DualAveraging(await firstStep(travel, dimension), rule.acceptance);
      length.rescale(rootMeanSquare(before) / rootMeanSquare(scales));
    }
    context.progress?.({
      stage: "warm-up",
      done: i + 1,
      total: warmup,
      estimate: `${steps} steps of ${step.toPrecision(2)}`,
    });
  }

  const step = adapted.averaged;
  const least = hopeless > STUCK * proposed ? WIDE : NARROW;
  const noted: number[][][] = chains.map(() => []);
  const taken = new Float64Array(count);
  let divergences = 0;
  let steps = 0;
  let done = 0;
  for (; done < draws && context.outOfTime?.() !== true; done++) {
    throwIfInterrupted(context);
    const number = stepsOf(step, radicalInverse(warmup + done + 1));
    const proposals = await travel(step * least ** jitter.uniform(), number);
    steps += number;
    divergences += proposals.filter(({ isDivergent }) => isDivergent).length;
    settle(proposals).forEach((isTaken, c) => (taken[c] += isTaken ? 1 : 0));
    chains.forEach(({ potential }, c) => noted[c].push([...potential.note()]));
    context.progress?.({ stage: "sampling", done: done + 1, total: draws });
  }
  return {
    noted,
    acceptance: Array.from(taken, (number) => number / Math.max(1, done)),
    divergences,
    step,
    stepsEach: steps / Math.max(1, done),
    gradients,
    last: chains.map(({ place }) => place),
  };
}

/** A step that lets about half of the proposals through: from 0.1 on, halved or doubled (Hoffman & Gelman 2014, algorithm 4). */
async function firstStep(
  travel: (step: number, steps: number) => Promise<Proposal[]>,
  dimension: number,
): Promise<number> {
  const acceptanceAt = async (step: number) => meanOf((await travel(step, 1)).map(({ acceptance }) => acceptance));
  let step = 1 / Math.sqrt(Math.sqrt(dimension));
  const isLong = (await acceptanceAt(step)) < 0.5;
  for (let i = 0; i < SEARCH; i++) {
    step = isLong ? step / 2 : step * 2;
    if ((await acceptanceAt(step)) < 0.5 !== isLong) break;
  }
  return step;
}

/** Van der Corput's sequence in base 2: shares of (0, 1) that fill it evenly. */
function radicalInverse(index: number): number {
  let value = 0;
  for (let rest = index, digit = 0.5; rest > 0; rest >>= 1, digit /= 2) if (rest & 1) value += digit;
  return value;
}

function rootMeanSquare(numbers: Float64Array): number {
  return Math.sqrt(dot(numbers, numbers) / numbers.length);
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}
