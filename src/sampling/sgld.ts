import { dot, norm2 } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { type RunContext, throwIfInterrupted } from "../util/run-context.ts";
import { DIVERGED, type Draws, type Sampled, type Sampler, type TemperedDensity } from "./sampler.ts";

/** Steps from one draw to the next: a draw is one potential on all examples. */
const STEPS = 16;
/** Of 1/λmax, a step: the walk is stable up to 4/λmax. */
const SHARE = 0.5;
/** Of the noise that each step adds, what the batch may add to it on average. */
const NOISE = 0.02;
/** Batches whose noise is looked at, and all of a division at least. */
const LEAST_BATCHES = 16;
/** Shares of the warm-up before which scales and step are found. */
const LEARNT_AT = [0, 0.1, 0.25, 0.5, 0.75] as const;
/** Of the largest root mean square slope, what is added to each. */
const FLOOR = 1e-3;
/** Rounds of power iteration for λmax, and the way it looks: a share of the distance from the centre, or so much for each coordinate there. */
const ROUNDS = 10;
const LOOK = 0.1;
const FIRST_LOOK = 1e-3;

/**
 * Stochastic gradient Langevin dynamics (Welling & Teh 2011): x ← x − ε/2 M ĝ + √(ε M) (ξ + ξ′)/2, where ĝ is the slope on a random batch
 * and every step is taken. M = 1/(a + √E ĝ²) as RMSProp has it (Li et al. 2016), found in the warm-up and fixed behind it, so that its
 * own slope has no part. The noise of a step is shared with the next, which makes the error of the step one of ε² and none at all where
 * the density is normal (Leimkuhler & Matthews 2013); ε is half of 1/λmax(M^½ ∇²U M^½), or what keeps the noise of the batch small.
 *
 * What it is off by is not 0, and E[d − x·∇U] says about how much. Cost: a step is a slope on a batch, for all chains; a draw is 16 of
 * them and a slope on all examples.
 */
export const sgld: Sampler = {
  name: "sgld",
  title: "Preconditioned stochastic gradient Langevin dynamics",
  summary: "slopes on random batches, every step taken: for networks and data that are large, with an error of its own",
  source: "Welling & Teh 2011; Li et al. 2016; Leimkuhler & Matthews 2013",
  gradientsEach: STEPS,
  isCoupled: false,
  usesBatches: true,
  async sample(densities, ...asked) {
    const drawn: Draws[] = [];
    for (const density of densities) drawn.push(await sampleOne(density, ...asked));
    return drawn;
  },
};

async function sampleOne(
  density: TemperedDensity,
  { chains, warmup, draws }: Sampled,
  random: RandomStream,
  context: RunContext,
): Promise<Draws> {
  const walk = new Walk(density, chains, random);
  const learntAt = LEARNT_AT.map((share) => Math.round(share * warmup));
  for (let i = 0; i < warmup && context.outOfTime?.() !== true; i++) {
    throwIfInterrupted(context);
    if (learntAt.includes(i)) await walk.learn();
    await walk.go();
    await walk.arrive();
    context.progress?.({
      stage: "warm-up",
      done: i + 1,
      total: warmup,
      estimate: `steps of ${walk.step.toPrecision(2)}`,
    });
  }
  const noted: number[][][] = Array.from({ length: chains }, () => []);
  let divergences = 0;
  let done = 0;
  for (; done < draws && context.outOfTime?.() !== true; done++) {
    throwIfInterrupted(context);
    await walk.go();
    divergences += await walk.arrive();
    walk.notes().forEach((numbers, c) => noted[c].push([...numbers]));
    context.progress?.({ stage: "sampling", done: done + 1, total: draws });
  }
  return {
    noted,
    acceptance: noted.map(() => 1),
    divergences,
    step: walk.step,
    stepsEach: STEPS,
    gradients: Math.round(walk.gradients),
    last: walk.places,
    exchanged: null,
  };
}

/** Chains that walk side by side, on the same batches. */
class Walk {
  /** Where the chains are. */
  readonly places: Float64Array[];
  /** ε. */
  step = 0;
  /** In slopes on all examples. */
  gradients = 0;
  private readonly density: TemperedDensity;
  private readonly streams: readonly RandomStream[];
  private readonly batches: RandomStream;
  private readonly probes: RandomStream;
  /** The noise of the step before, of each chain. */
  private readonly noise: Float64Array[];
  /** M. */
  private scales: Float64Array;
  /** Sums of ĝ² since M was found last, and how many. */
  private squares: Float64Array;
  private count = 0;
  private at: readonly Arrival[] = [];

  constructor(density: TemperedDensity, chains: number, random: RandomStream) {
    const { dimension } = density;
    this.density = density;
    this.streams = Array.from({ length: chains }, (_, c) => random.split(`chain ${c}`));
    this.batches = random.split("batches");
    this.probes = random.split("probes");
    this.places = this.streams.map((stream) => density.start(stream.split("start")));
    this.noise = this.streams.map((stream) => stream.normalVector(dimension));
    this.scales = new Float64Array(dimension).fill(1);
    this.squares = new Float64Array(dimension);
  }

  /** Finds M from the slopes since it was found last, and ε. */
  async learn(): Promise<void> {
    const { squares, count, density } = this;
    const largest = Math.sqrt(squares.reduce((most, x) => Math.max(most, x), 0) / Math.max(1, count));
    if (largest > 0 && Number.isFinite(largest))
      this.scales = squares.map((sum) => 1 / (FLOOR * largest + Math.sqrt(sum / count)));
    this.squares = new Float64Array(density.dimension);
    this.count = 0;
    const curvature = await this.largestCurvature();
    const noise = await this.batchNoise();
    this.step = Math.min(SHARE / curvature, noise > 0 ? (4 * NOISE) / noise : Number.POSITIVE_INFINITY);
  }

  /** From one draw to the next. */
  async go(): Promise<void> {
    const { density, places, scales, squares, step } = this;
    const { dimension } = density;
    for (let k = 0; k < STEPS; k++) {
      const slopes = await density.slopesOnBatch(places, this.batches);
      this.gradients += places.length * density.batchShare;
      slopes.forEach((slope, c) => {
        const [x, before] = [places[c], this.noise[c]];
        const next = this.streams[c].normalVector(dimension);
        for (let i = 0; i < dimension; i++) {
          squares[i] += slope[i] * slope[i];
          const scale = step * scales[i];
          x[i] += (-scale * slope[i]) / 2 + (Math.sqrt(scale) * (before[i] + next[i])) / 2;
        }
        this.noise[c] = next;
        this.count++;
      });
    }
  }

  /** Looks where the chains are, on all examples. @returns how many were lost there, and put back where they were at the last draw */
  async arrive(): Promise<number> {
    const { density, places, at } = this;
    const found = await density.at(places);
    this.gradients += places.length;
    let lost = 0;
    this.at = found.map((potential, c) => {
      const before = at[c];
      const isLost = !(potential.energy - (before?.energy ?? 0) < DIVERGED);
      if (!isLost || before === undefined)
        return { place: places[c].slice(), energy: potential.energy, numbers: [...potential.note()] };
      lost++;
      places[c].set(before.place);
      return before;
    });
    return lost;
  }

  /** What is noted of the places. */
  notes(): (readonly number[])[] {
    return this.at.map(({ numbers }) => numbers);
  }

  /** λmax of M^½ ∇²U M^½, the largest at any chain, by power iteration on differences of slopes. */
  private async largestCurvature(): Promise<number> {
    const { density, places, scales } = this;
    const { dimension, centre } = density;
    const roots = scales.map(Math.sqrt);
    const towards = places.map(() => this.probes.normalVector(dimension));
    let largest = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const ways = towards.map((v) => v.map((each, i) => roots[i] * each));
      const sizes = ways.map((way, c) => {
        const distance = norm2(places[c].map((each, i) => each - centre[i]));
        return (distance > 0 ? LOOK * distance : FIRST_LOOK * Math.sqrt(dimension)) / norm2(way);
      });
      const moved = (sign: number) =>
        density.at(places.map((place, c) => place.map((each, i) => each + sign * sizes[c] * ways[c][i])));
      const [ahead, behind] = [await moved(1), await moved(-1)];
      this.gradients += 2 * places.length;
      largest = 0;
      towards.forEach((v, c) => {
        const product = v.map((_, i) => (roots[i] * (ahead[c].gradient[i] - behind[c].gradient[i])) / (2 * sizes[c]));
        const length = norm2(product);
        largest = Math.max(largest, length / norm2(v));
        if (length > 0) for (let i = 0; i < dimension; i++) v[i] = product[i] / length;
      });
    }
    return largest;
  }

  /**
   * Random places as far off as those of the density, (x − centre)·∇U = d by the curvature that way: chains begin at the centre, where no
   * batch differs from the next, and may come by it later.
   */
  private async typicalPlaces(): Promise<readonly Float64Array[]> {
    const { density, places, scales } = this;
    const { centre, dimension } = density;
    const ways = places.map(() => this.probes.normalVector(dimension).map((x, i) => Math.sqrt(scales[i]) * x));
    const sizes = ways.map((way) => (FIRST_LOOK * Math.sqrt(dimension)) / norm2(way));
    const away = (sign: number) => density.at(ways.map((way, c) => way.map((x, i) => centre[i] + sign * sizes[c] * x)));
    const [ahead, behind] = [await away(1), await away(-1)];
    this.gradients += 2 * places.length;
    return ways.map((way, c) => {
      const curvature = way.reduce((sum, x, i) => sum + x * (ahead[c].gradient[i] - behind[c].gradient[i]), 0);
      const distance = curvature > 0 ? Math.sqrt((2 * sizes[c] * dimension) / curvature) : sizes[c];
      return way.map((x, i) => centre[i] + distance * x);
    });
  }

  /**
   * Σᵢ Mᵢ Var ĝᵢ/d over batches: for each ε, what the batch adds to the noise of a step is a quarter of that. From divisions of all
   * examples into batches: few of them may carry the noise, as those of a rare class with a large weight do, and hardly a batch that is
   * drawn alone would hold one.
   */
  private async batchNoise(): Promise<number> {
    if (this.density.batchShare >= 1) return 0;
    return Math.max(await this.batchNoiseAt(this.places), await this.batchNoiseAt(await this.typicalPlaces()));
  }

  private async batchNoiseAt(places: readonly Float64Array[]): Promise<number> {
    const { density, scales } = this;
    const whole = await density.at(places);
    this.gradients += places.length;
    let [sum, batches] = [0, 0];
    while (batches < LEAST_BATCHES) {
      const before = batches;
      for await (const part of density.slopesOnDivision(places, this.batches)) {
        part.forEach((slope, c) => {
          const off = slope.map((each, i) => each - whole[c].gradient[i]);
          const scaled = off.map((each, i) => scales[i] * each);
          sum += dot(scaled, off) / density.dimension;
        });
        this.gradients += places.length * density.batchShare;
        batches++;
      }
      if (batches === before) return 0;
    }
    return sum / (batches * places.length);
  }
}

/** Where a chain was at a draw. */
interface Arrival {
  readonly place: Float64Array;
  readonly energy: number;
  readonly numbers: readonly number[];
}
