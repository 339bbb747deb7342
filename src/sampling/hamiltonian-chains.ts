import { dot } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { DualAveraging } from "./dual-averaging.ts";
import { type Density, DIVERGED, type Draws, type Potential } from "./sampler.ts";
import { ScaleEstimate } from "./scale-estimate.ts";
import { TrajectoryLength } from "./trajectory-length.ts";
import { meanOf } from "./split-chains.ts";
import { maxOf } from "../util/extremes.ts";

/** What tells Hamiltonian samplers apart. */
export interface HamiltonianRule {
  /** Share of proposals that the step size is to let through. */
  readonly acceptance: number;
  /** Steps that no trajectory is longer than; of one step, none is adapted. */
  readonly mostSteps: number;
}

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

/** Logarithms of stretches, in deviations: the shortest of a group of one, and the longest. */
const LEAST_STRETCH = 0.3;
const MOST_STRETCH = 3;

/** Where a chain is. */
export interface Place<P extends Potential = Potential> {
  readonly place: Float64Array;
  readonly potential: P;
}

/** A trajectory's end. */
interface Proposal<P extends Potential> extends Place<P> {
  readonly momentum: Float64Array;
  /** min(1, e^{−ΔH}). */
  readonly acceptance: number;
  readonly isDivergent: boolean;
}

/**
 * Chains of Hamiltonian Monte Carlo side by side in one density, one proposal at a time: every chain goes the same number of leapfrog
 * steps, so that each step is one evaluation of all of them. Momenta are normal in coordinates divided by their scales. The step size
 * is found by dual averaging, the length of trajectories by the criterion of {@link TrajectoryLength}; both, and the scales, only
 * during the warm-up.
 *
 * Between proposals, who holds {@link places} may put a chain elsewhere, where that leaves the density as it is.
 */
export class HamiltonianChains<P extends Potential = Potential> {
  /** Where the chains are. */
  readonly places: Place<P>[];
  private readonly rule: HamiltonianRule;
  private readonly density: Density<P>;
  private readonly warmup: number;
  private readonly streams: readonly RandomStream[];
  private readonly jitter: RandomStream;
  private readonly scaleAt: readonly number[];
  private readonly noted: number[][][];
  private readonly taken: Float64Array;
  private scales: Float64Array;
  private estimate: ScaleEstimate;
  private adapted: DualAveraging;
  private length: TrajectoryLength;
  private warmed = 0;
  private hopeless = 0;
  private proposed = 0;
  private drawn = 0;
  private steps = 0;
  private divergences = 0;
  private gradients: number;

  /** Puts chains where the density has them begin, and looks for a first step. */
  static async begin<P extends Potential>(
    rule: HamiltonianRule,
    density: Density<P>,
    { chains, warmup }: { readonly chains: number; readonly warmup: number },
    random: RandomStream,
  ): Promise<HamiltonianChains<P>> {
    const streams = Array.from({ length: chains }, (_, i) => random.split(`chain ${i}`));
    const starts = streams.map((stream) => density.start(stream.split("start")));
    const places = (await density.at(starts)).map((potential, c) => ({ place: starts[c], potential }));
    const begun = new HamiltonianChains(rule, density, { places, warmup, streams, jitter: random.split("jitter") });
    begun.adapted = new DualAveraging(await begun.firstStep(), rule.acceptance);
    begun.length = new TrajectoryLength(begun.adapted.step);
    return begun;
  }

  private constructor(
    rule: HamiltonianRule,
    density: Density<P>,
    {
      places,
      warmup,
      streams,
      jitter,
    }: {
      readonly places: Place<P>[];
      readonly warmup: number;
      readonly streams: readonly RandomStream[];
      readonly jitter: RandomStream;
    },
  ) {
    this.rule = rule;
    this.density = density;
    this.places = places;
    this.warmup = warmup;
    this.streams = streams;
    this.jitter = jitter;
    this.scales = new Float64Array(density.dimension).fill(1);
    this.estimate = new ScaleEstimate(density.centre, density.groups);
    this.adapted = new DualAveraging(1, rule.acceptance);
    this.length = new TrajectoryLength(1);
    this.scaleAt = SCALES_AT.map((share) => Math.round(share * warmup));
    this.noted = places.map(() => []);
    this.taken = new Float64Array(places.length);
    this.gradients = places.length;
  }

  /** One iteration of the warm-up, of as many as were announced. @returns what it goes by, in words */
  async adapt(): Promise<string> {
    const { rule, density, places, length } = this;
    const i = this.warmed++;
    const isSettled = i >= SETTLED * this.warmup;
    const step = isSettled ? this.adapted.averaged : this.adapted.step;
    const steps = this.stepsOf(step, radicalInverse(i + 1));
    const said = `${steps} steps of ${step.toPrecision(2)}`;
    const takesScales = this.scaleAt.includes(i + 1);
    if (i % SHORT_EVERY === SHORT_EVERY - 1 && !takesScales) {
      this.settle(await this.travel(step * WIDE ** this.jitter.uniform(), steps));
      return said;
    }
    const proposals = await this.travel(step, steps);
    if (isSettled) {
      this.hopeless += proposals.filter(({ acceptance }) => acceptance < HOPELESS).length;
      this.proposed += places.length;
    } else {
      this.adapted.update(meanOf(Float64Array.from(proposals, ({ acceptance }) => acceptance)));
      if (rule.mostSteps > 1)
        length.update(
          places.map(({ place }) => place),
          proposals,
          { scales: this.scales, centre: density.centre, time: steps * step, most: rule.mostSteps * step },
        );
    }
    this.settle(proposals);
    for (const { place } of places) this.estimate.add(place);
    if (takesScales) {
      const before = this.scales;
      this.scales = this.estimate.scales();
      this.estimate = new ScaleEstimate(density.centre, density.groups);
      this.adapted = new DualAveraging(await this.firstStep(), rule.acceptance);
      length.rescale(rootMeanSquare(before) / rootMeanSquare(this.scales));
    }
    return said;
  }

  /** One proposal after the warm-up: nothing is adapted, and where the chains are then has yet to be noted. */
  async propose(): Promise<void> {
    const step = this.adapted.averaged;
    const least = this.hopeless > STUCK * this.proposed ? WIDE : NARROW;
    const number = this.stepsOf(step, radicalInverse(this.warmup + this.drawn + 1));
    const proposals = await this.travel(step * least ** this.jitter.uniform(), number);
    this.steps += number;
    this.divergences += proposals.filter(({ isDivergent }) => isDivergent).length;
    this.settle(proposals).forEach((isTaken, c) => (this.taken[c] += isTaken ? 1 : 0));
  }

  /**
   * One proposal that stretches each group of coordinates about the centre by a factor of its own, taken with probability
   * min(1, e^{−ΔU} Π fᵍ^{dᵍ}): where groups are multiplied with each other, as layers are, the ground is a valley along which one
   * grows as another shrinks, and which is too bent to be followed in small steps.
   */
  async stretch(): Promise<void> {
    const { density, places } = this;
    const { centre, groups } = density;
    const sizes = groups.map((to, g) => to - (groups[g - 1] ?? 0));
    // Every order of magnitude from what a single group notices is as likely.
    const least = LEAST_STRETCH / Math.sqrt(maxOf(sizes));
    const jacobians = new Float64Array(places.length);
    const proposals = places.map(({ place }, c) => {
      const stream = this.streams[c];
      const size = least * (MOST_STRETCH / least) ** stream.uniform();
      const next = place.slice();
      let from = 0;
      groups.forEach((to, g) => {
        const logarithm = size * stream.normal();
        const factor = Math.exp(logarithm);
        jacobians[c] += sizes[g] * logarithm;
        for (let i = from; i < to; i++) next[i] = centre[i] + factor * (place[i] - centre[i]);
        from = to;
      });
      return next;
    });
    const potentials = await density.at(proposals);
    this.gradients += places.length;
    potentials.forEach((potential, c) => {
      const change = potential.energy - places[c].potential.energy - jacobians[c];
      const share = change <= 0 ? 1 : change > 0 ? Math.exp(-change) : 0;
      if (this.streams[c].uniform() < share) places[c] = { place: proposals[c], potential };
    });
  }

  /** Takes the places as draws. */
  note(): void {
    this.drawn++;
    this.places.forEach(({ potential }, c) => this.noted[c].push([...potential.note()]));
  }

  /** What was drawn up to now. */
  draws(): Draws {
    const { noted, taken, drawn, divergences, steps, gradients } = this;
    return {
      noted,
      acceptance: Array.from(taken, (number) => number / Math.max(1, drawn)),
      divergences,
      step: this.adapted.averaged,
      stepsEach: steps / Math.max(1, drawn),
      gradients,
      last: this.places.map(({ place }) => place),
      exchanged: null,
    };
  }

  private stepsOf(step: number, share: number): number {
    const { mostSteps } = this.rule;
    return Math.min(mostSteps, Math.max(1, Math.round((share * this.length.value) / step)));
  }

  private async travel(step: number, steps: number): Promise<Proposal<P>[]> {
    const { density, places: from, scales, streams } = this;
    const { dimension } = density;
    const moving = streams.map((stream) => stream.normalVector(dimension));
    const kinetic = moving.map((p) => dot(p, p) / 2);
    const places = from.map(({ place }) => place.slice());
    let potentials: readonly P[] = from.map(({ potential }) => potential);
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
      this.gradients += places.length;
    }
    kick(step / 2);
    return from.map(({ potential }, c) => {
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
  }

  private settle(proposals: readonly Proposal<P>[]): boolean[] {
    return proposals.map(({ place, potential, acceptance }, c) => {
      const isTaken = this.streams[c].uniform() < acceptance;
      if (isTaken) this.places[c] = { place, potential };
      return isTaken;
    });
  }

  /** A step that lets about half of the proposals through: from 1/⁴√d on, halved or doubled (Hoffman & Gelman 2014, algorithm 4). */
  private async firstStep(): Promise<number> {
    const acceptanceAt = async (step: number) =>
      meanOf(Float64Array.from(await this.travel(step, 1), ({ acceptance }) => acceptance));
    let step = 1 / Math.sqrt(Math.sqrt(this.density.dimension));
    const isLong = (await acceptanceAt(step)) < 0.5;
    for (let i = 0; i < SEARCH; i++) {
      step = isLong ? step / 2 : step * 2;
      if ((await acceptanceAt(step)) < 0.5 !== isLong) break;
    }
    return step;
  }
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
