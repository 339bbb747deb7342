import { dot, norm2, normalize } from "../../linalg/vector.ts";
import { Problem } from "../../problem/problem.ts";
import { type CheckBench, type CheckDefinition, type Measurement } from "./check.ts";
import { equalShares, lengthsOf } from "./equal-shares.ts";
import { isNotFinite, nearbyPoints } from "./nearby-points.ts";
import { slopeOf } from "./slope.ts";

/** An error of one part in a thousand in the gradient of one tensor is found. */
const LIMIT = 5e-4;

/** What differences decide in each arithmetic; float32 alone, on a device that has no other, sees gross errors only. */
const DECISIVE = { float64: LIMIT, float32: 5e-2 } as const;

/** Relative steps, in the order in which they are tried. */
const STEPS = {
  float64: [1e-5, 1e-6, 1e-4, 1e-7, 1e-3, 1e-8, 1e-2],
  float32: [1e-2, 3e-3, 1e-3, 3e-2, 1e-1],
} as const;

/** What a comparison found at one point, by number of the tensor. */
interface Trial {
  /** Tensors whose gradient is right here, to this error as part of their share. */
  readonly right: Map<number, number>;
  readonly wrong: Map<number, number>;
  /** Tensors about which the comparison decides nothing here. */
  readonly open: Set<number>;
  /** Whether what is wrong is wrong where the loss is smooth, so that no other point can excuse it. */
  smooth: boolean;
  directions: number;
}

function newTrial(): Trial {
  return { right: new Map(), wrong: new Map(), open: new Set(), smooth: false, directions: 0 };
}

/** What one kind of comparison found at all points: a tensor that was right where it could be decided is right. */
class Ledger {
  readonly right = new Map<number, number>();
  readonly wrong = new Map<number, number>();
  readonly suspects = new Set<number>();

  add(trial: Trial): void {
    for (const [number, off] of trial.wrong) this.wrong.set(number, Math.max(off, this.wrong.get(number) ?? 0));
    for (const number of [...trial.wrong.keys(), ...trial.open]) if (!this.right.has(number)) this.suspects.add(number);
    for (const [number, off] of trial.right) {
      this.right.set(number, off);
      this.suspects.delete(number);
    }
    if (trial.smooth) for (const number of trial.wrong.keys()) this.right.delete(number);
  }

  /** Tensors that were wrong and never right, with their errors. */
  get failing(): [number, number][] {
    return [...this.wrong].filter(([number]) => !this.right.has(number));
  }
}

/** Gradient against differences of the loss, in the arithmetic of `problem`, at its current point. */
async function againstDifferences(
  { random, context }: CheckBench,
  problem: Problem,
  gradient: Float64Array,
): Promise<Trial> {
  const { precision } = problem.options;
  const limit = DECISIVE[precision];
  const roundoff = precision === "float64" ? 2 ** -53 : 2 ** -24;
  const home = problem.parameters;
  const { loss } = await problem.value(context);
  const along = (direction: Float64Array) => async (h: number) =>
    (
      await problem.at(
        home.map((x, i) => x + h * direction[i]),
        () => problem.value(context),
      )
    ).loss;
  const trial = newTrial();
  // What rounding of the loss leaves of a slope at the longest step.
  const least = (roundoff * Math.abs(loss)) / (limit * Math.max(...STEPS[precision]));
  const directions = equalShares(problem.space.tensors, home, gradient, least, random.split("shares"));
  if (directions.length === 0) {
    const isFlat = await changesNothing(along, problem, home, gradient, loss, random.split("flat"));
    for (const number of problem.space.tensors.keys()) {
      if (isFlat) trial.right.set(number, 0);
      else trial.open.add(number);
    }
    trial.directions = 1;
    return trial;
  }
  for (const { direction, tensors, share, slope } of directions) {
    trial.directions++;
    const f = along(direction);
    const found = await slopeOf(f, STEPS[precision], (limit / 4) * share, roundoff * Math.abs(loss));
    const off = Math.abs(found.value - slope) / share;
    const isDecided = found.uncertainty <= (limit / 2) * share;
    if (isDecided && off > limit && precision === "float64") {
      // A kink at the very point has two slopes, of which a derivative may choose.
      const [ahead, behind] = [(await f(found.step)) - loss, loss - (await f(-found.step))];
      trial.smooth ||= Math.abs(ahead - behind) <= limit * found.step * share;
    }
    for (const number of tensors) {
      if (!isDecided) trial.open.add(number);
      else (off > limit ? trial.wrong : trial.right).set(number, off);
    }
  }
  return trial;
}

/** Whether the loss does not change along a random direction, as a gradient of zero (to rounding) says. */
async function changesNothing(
  along: (direction: Float64Array) => (h: number) => Promise<number>,
  problem: Problem,
  home: Float64Array,
  gradient: Float64Array,
  loss: number,
  random: CheckBench["random"],
): Promise<boolean> {
  const lengths = lengthsOf(problem.space.tensors, home);
  const direction = random.normalVector(home.length);
  problem.space.tensors.forEach(({ offset, size }, t) => {
    const part = direction.subarray(offset, offset + size);
    normalize(part);
    for (let i = 0; i < size; i++) part[i] *= lengths[t];
  });
  const least = DECISIVE[problem.options.precision] * (Math.abs(loss) || Number.MIN_VALUE);
  const found = await slopeOf(along(direction), STEPS[problem.options.precision], least, 0);
  return Math.abs(found.value - dot(gradient, direction)) <= least;
}

/**
 * The float32 gradient against the float64 gradient, tensor by tensor. What differs in direction is rounding; where that
 * is more than a part of the limit in most tensors, and in a tensor so short that it is, nothing is decided.
 */
function comparePrecisions(problem: Problem, narrow: Float64Array, wide: Float64Array): Trial {
  const trial = newTrial();
  const floor = 32 * 2 ** -24 * norm2(wide);
  const noise: number[] = [];
  for (const [number, { offset, size }] of problem.space.tensors.entries()) {
    const [g, other] = [wide, narrow].map((each) => each.subarray(offset, offset + size));
    const length = norm2(g);
    const difference = other.map((x, i) => x - g[i]);
    const beyond = norm2(difference) - floor;
    const off = beyond > 0 ? beyond / length : 0;
    if (off > LIMIT) trial.wrong.set(number, off);
    else if (floor <= (LIMIT / 2) * length) trial.right.set(number, off);
    if (floor > (LIMIT / 2) * length) continue;
    const scale = dot(difference, g) / length ** 2;
    noise.push(norm2(difference.map((x, i) => x - scale * g[i])) / length);
  }
  noise.sort((a, b) => a - b);
  if (noise.length > 0 && noise[Math.floor(noise.length / 2)] <= LIMIT / 5) return trial;
  return { ...newTrial(), open: new Set([...trial.wrong.keys(), ...trial.right.keys()]) };
}

/** Both comparisons at one point: differences against the gradient (in float64 where there is an oracle), and the two precisions. */
async function tryAt(bench: CheckBench, oracle: Problem, point: Float64Array, isHome: boolean): Promise<Trial[]> {
  const { problem, context } = bench;
  const measured = isHome ? bench.gradient : await problem.at(point, () => problem.gradient(context));
  if (oracle === problem) return [await problem.at(point, () => againstDifferences(bench, problem, measured))];
  await oracle.moveTo(point);
  const wide = await oracle.gradient(context);
  return [await againstDifferences(bench, oracle, wide), comparePrecisions(problem, measured, wide)];
}

async function tryAll(bench: CheckBench, oracle: Problem): Promise<Measurement> {
  const { problem } = bench;
  const home = problem.parameters;
  const ledgers = [new Ledger(), ...(oracle === problem ? [] : [new Ledger()])];
  const places: string[] = [];
  let directions = 0;
  for (const { part, point } of nearbyPoints(problem, home, bench.random)) {
    let trials: Trial[];
    try {
      trials = await tryAt(bench, oracle, point, part === 0);
    } catch (error) {
      if (part === 0 || !isNotFinite(error)) throw error;
      continue;
    }
    places.push(part === 0 ? "at the point itself" : `${part * 100} % away from it`);
    trials.forEach((trial, i) => {
      ledgers[i].add(trial);
      directions += trial.directions;
    });
    const isSettled = ledgers.every(({ suspects, right }) => suspects.size === 0 && right.size > 0);
    if (isSettled || trials.some(({ smooth }) => smooth)) break;
  }
  const failing = ledgers.flatMap((ledger) => ledger.failing);
  const names = (numbers: readonly number[]) =>
    [...new Set(numbers)]
      .slice(0, 3)
      .map((number) => `"${problem.space.tensors[number].label}"`)
      .join(", ");
  const found = (measured: number, rest: string, undecided = false): Measurement => ({
    measured,
    limit: oracle === problem ? DECISIVE[problem.options.precision] : LIMIT,
    undecided,
    detail: describe(places, directions, oracle !== problem, rest),
  });
  if (failing.length > 0)
    return found(
      Math.max(...failing.map(([, off]) => off)),
      `It is wrong among ${names(failing.map(([number]) => number))}.`,
    );
  if (ledgers[0].right.size === 0)
    return found(0, "Nothing was decided: rounding or jumps of the loss are larger than what the gradient says.", true);
  const open = [...ledgers[0].suspects];
  const worst = Math.max(...ledgers.flatMap(({ right }) => [0, ...right.values()]));
  return found(worst, open.length > 0 ? `Nothing was decided about ${names(open)}.` : "");
}

const METHOD =
  "The gradient against central differences of the loss, along directions to which every parameter tensor contributes alike; the error is a part of one tensor's share.";

function describe(places: readonly string[], directions: number, widened: boolean, rest: string): string {
  const arithmetic = widened
    ? " Differences are of the float64 loss, against the float64 gradient, and that against the float32 gradient tensor by tensor."
    : "";
  const why = places.length > 1 ? ", as kinks, zeros or rounding decide nothing at some" : "";
  return `${METHOD}${arithmetic} Done ${places.join(", ")}${why}; ${directions} direction${directions === 1 ? "" : "s"}. ${rest}`.trim();
}

/** The gradient against finite differences: exact about 0.1 %, and indifferent to kinks. */
export const gradientCheck: CheckDefinition = {
  name: "gradient",
  title: "Gradient against finite differences",
  detail: METHOD,
  limit: { float32: LIMIT, float64: LIMIT },
  measure: async (bench) => {
    const { problem } = bench;
    const { precision } = problem.options;
    if (precision === "float64" || problem.runtime.device !== undefined) return tryAll(bench, problem);
    const oracle = Problem.open(problem.model, problem.dataset, problem.runtime, {
      ...problem.options,
      precision: "float64",
    });
    try {
      return await tryAll(bench, oracle);
    } finally {
      await oracle.close();
    }
  },
};
