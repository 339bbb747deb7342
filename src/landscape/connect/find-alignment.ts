import type { Freedom } from "../../graph/unit-freedom.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { Computation } from "../../problem/computation.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { aligned, balancedPair, matchPair, type Pair, startingElement, weightEvidence } from "../../symmetry/align.ts";
import { deriveSymmetry } from "../../symmetry/derive-symmetry.ts";
import { matchByLoss } from "../../symmetry/match-by-loss.ts";
import { agreementOf, type Matching } from "../../symmetry/matching.ts";
import type { Symmetry, UnitClass, UnitValue } from "../../symmetry/symmetry.ts";
import type { Evidence } from "../../symmetry/unit-sums.ts";
import { identityElement } from "../../symmetry/unit-map.ts";
import type { RunContext } from "../../util/run-context.ts";
import { sizeOf } from "../../util/tensor.ts";
import type { Terrain } from "../terrain.ts";

/** Two networks of one architecture. */
export interface Ends {
  readonly mine: Float64Array;
  readonly theirs: Float64Array;
}

export interface AlignmentOptions {
  /** The largest group of maps that is asked for. */
  readonly within: Freedom;
  /** How many starts the matching of weights has. */
  readonly starts: number;
  /** Gradient steps of the matching by loss; 0 for none. */
  readonly steps: number;
}

export interface Attempt {
  readonly by: "none" | "weights" | "activations" | "loss";
  readonly start: number;
  readonly agreement: number;
  readonly steps: number;
  /** The other network in units like those of the first. */
  readonly theta: Float64Array;
  readonly distance: number;
  /** Loss half-way. */
  readonly middle: number;
  readonly element: Matching["element"];
}

/** Maps, and how many steps led to them. */
interface Found {
  readonly element: Matching["element"];
  readonly steps: number;
}

function found({ element, steps }: Matching): Found {
  return { element, steps: steps.length - 1 };
}

export interface Alignment {
  /** The one with the lowest loss half-way first. */
  readonly attempts: readonly Attempt[];
  /** Whether all were made; else the time was spent before. */
  readonly isWhole: boolean;
  /** What could not be tried, in sentences. */
  readonly notes: readonly string[];
  readonly classes: readonly (UnitClass & { readonly tensors: readonly string[] })[];
}

/** Examples that activations are compared on. */
const EXAMPLES = 256;

/**
 * Of what the loss half-way rises above its ends as they are: where no more is left, no further way is tried, as each
 * costs many times what the ones before did.
 */
const ENOUGH = 0.05;

/** Between two looks at the loss of the matching by loss. */
const STRIDE = 5;

/**
 * The maps of units that make one network like another, found in several ways, until one leaves next to nothing of the
 * rise between them: by activations, by weights from there and from several starts, and from the best of them by the loss;
 * or none, where that is no worse. Undefined where the graph lets no unit be moved. Once the time is up, what is left is
 * not tried.
 */
export async function findAlignment(
  terrain: Terrain,
  { mine, theirs }: Ends,
  { within, starts, steps }: AlignmentOptions,
  random: RandomStream,
  context: RunContext,
): Promise<Alignment | undefined> {
  const network = { ...terrain.networkOf(), tensors: terrain.tensors };
  const pair = balancedPair(network, mine, theirs, within);
  const { symmetry } = pair.symmetry;
  if (symmetry.classes.length === 0) return undefined;
  const attempts: Attempt[] = [];
  const weights = weightEvidence(pair);
  const keep = async (by: Attempt["by"], start: number, { element, steps: taken }: Found) => {
    const theta = aligned(pair, element);
    const middle = await terrain.loss(halfWay(mine, theta), context);
    const distance = norm2(theta.map((x, i) => x - mine[i]).subarray(0, terrain.trained));
    attempts.push({
      by,
      start,
      agreement: agreementOf(symmetry, weights, element),
      steps: taken,
      theta,
      distance,
      middle,
      element,
    });
  };
  const asIs = identityElement(symmetry);
  attempts.push({
    by: "none",
    start: 0,
    agreement: agreementOf(symmetry, weights, asIs),
    steps: 0,
    theta: theirs,
    distance: norm2(theirs.map((x, i) => x - mine[i]).subarray(0, terrain.trained)),
    middle: await terrain.loss(halfWay(mine, theirs), context),
    element: asIs,
  });
  const notes: string[] = [];
  const between = ((await terrain.loss(mine, context)) + (await terrain.loss(theirs, context))) / 2;
  const rise = attempts[0].middle - between;
  const isLate = () => context.outOfTime?.() === true;
  const isDone = () => isLate() || (Number.isFinite(rise) && heightOf(best(attempts)) - between <= ENOUGH * rise);
  const activations = isLate() ? undefined : await activationEvidence(terrain, pair, context);
  if (typeof activations === "string") notes.push(activations);
  else if (activations !== undefined) {
    const byActivations = await matchPair(pair, activations, asIs, random.split("activations"), context);
    await keep("activations", 0, found(byActivations));
    // What activations find may be a better start for weights than any other.
    if (!isDone())
      await keep(
        "weights",
        starts,
        found(await matchPair(pair, weights, byActivations.element, random.split("both"), context)),
      );
  }
  for (let start = 0; start < starts && !isDone(); start++) {
    const stream = random.split(`weights ${start}`);
    await keep(
      "weights",
      start,
      found(await matchPair(pair, weights, startingElement(symmetry, start, random), stream, context)),
    );
    context.progress?.({ stage: "matching units", done: start + 1, total: starts });
  }
  if (steps > 0 && !isDone()) await byLoss(terrain, pair, best(attempts), { steps, random }, keep, context);
  const names = (units: number) => [
    ...new Set(
      symmetry.tensors.flatMap(({ name, dimensions }) =>
        dimensions.some((each) => each.units === units) ? [name] : [],
      ),
    ),
  ];
  return {
    attempts: attempts.sort((a, b) => heightOf(a) - heightOf(b)),
    isWhole: !isLate(),
    notes,
    classes: symmetry.classes.map((each, units) => ({ ...each, tensors: names(units) })),
  };
}

function best(attempts: readonly Attempt[]): Attempt {
  return attempts.reduce((a, b) => (heightOf(b) < heightOf(a) ? b : a));
}

/** What is no number is higher than any. */
function heightOf({ middle }: Attempt): number {
  return Number.isNaN(middle) ? Number.MAX_VALUE : middle;
}

function halfWay(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, i) => (x + b[i]) / 2);
}

/** Follows the loss half-way down, and keeps the lowest place. */
async function byLoss(
  terrain: Terrain,
  pair: Pair,
  from: Attempt,
  { steps, random }: { readonly steps: number; readonly random: RandomStream },
  keep: (by: Attempt["by"], start: number, found: Found) => Promise<void>,
  context: RunContext,
): Promise<void> {
  const stream = random.split("loss");
  const { sampledGradient } = terrain.ground(stream, context);
  let lowest: { readonly loss: number; readonly element: Matching["element"] } | undefined;
  let step = 0;
  for await (const element of matchByLoss(pair, from.element, steps, sampledGradient, stream.split("places"))) {
    if (context.outOfTime?.() === true) break;
    step++;
    if (step % STRIDE !== 0 && step !== steps) continue;
    const theta = aligned(pair, element);
    const loss = await terrain.loss(halfWay(pair.mine.back(pair.mine.theta), theta), context);
    if (lowest === undefined || loss < lowest.loss) lowest = { loss, element };
    context.progress?.({ stage: "matching units by the loss half-way", done: step, total: steps });
  }
  if (lowest === undefined || !(lowest.loss < from.middle)) return;
  await keep("loss", from.start, { element: lowest.element, steps });
}

const ACTIVATIONS_LEFT_OUT =
  "Units were not matched by what they give on the same examples, but by weights and by the loss half-way alone:";

/**
 * What the units of both networks give on the same examples, a few values of each class, each of size 1; or why there is
 * no such evidence, in a sentence: it is one of several ways to find maps, and no part of what proves them.
 */
async function activationEvidence(
  terrain: Terrain,
  { symmetry, mine, theirs }: Pair,
  context: RunContext,
): Promise<Evidence[] | string> {
  const { problem } = terrain;
  const whole = Math.min(problem.examples, problem.options.batchSize);
  const { within, held } = symmetry;
  const symmetryAt = (count: number) =>
    deriveSymmetry({ ...terrain.networkOf(count), tensors: terrain.tensors }, { within, held }).symmetry;
  // A file may be written for batches of one size only, or hold groups that are others in a smaller one.
  const sizes = whole > EXAMPLES && problem.takesBatch(EXAMPLES) ? [EXAMPLES, whole] : [whole];
  const fitting = sizes
    .map((count) => ({ count, there: symmetryAt(count) }))
    .find(({ there }) => isSameSymmetry(there, symmetry.symmetry));
  if (fitting === undefined)
    return `${ACTIVATIONS_LEFT_OUT} what may be moved hangs on how many examples the network is given at once.`;
  const { count, there } = fitting;
  const examples = Int32Array.from({ length: count }, (_, i) => i);
  const chosen = shownValues(there.values, there.classes.length);
  if (chosen.length === 0)
    return `${ACTIVATIONS_LEFT_OUT} none shows on the way in a value of a size that is compared.`;
  const activations: Computation = {
    name: "activations",
    build: ({ network }) => {
      const again = deriveSymmetry(
        { ...terrain.valuesOf(network), tensors: terrain.tensors },
        { within, held },
      ).symmetry;
      return chosen.map((at) => again.values[at].value);
    },
  };
  const of = async (theta: Float64Array) => {
    const point = problem.at(theta, { examples });
    const batches: Float64Array[][] = [];
    try {
      await point.eachBatch(activations, context, (_batch, values) => {
        batches.push(values.map(({ data }) => Float64Array.from(data)));
      });
    } finally {
      await point.release();
    }
    return batches;
  };
  const both = [await of(mine.theta), await of(theirs.theta)];
  const sizeAt = chosen.map((at) => sizeOf(there.values[at].dimensions.map(({ extent }) => extent)));
  const isAsRead = both.every(
    (batches) => batches.length === 1 && batches[0].every((values, i) => values.length === sizeAt[i]),
  );
  if (!isAsRead) return `${ACTIVATIONS_LEFT_OUT} they take more than one pass, in which units are counted otherwise.`;
  const [here, other] = both.map(([values]) => values.map(ofSizeOne));
  if ([...here, ...other].some((values) => values.some((x) => !Number.isFinite(x))))
    return `${ACTIVATIONS_LEFT_OUT} some of that is no finite number.`;
  return chosen.map((at, i) => ({ dimensions: there.values[at].dimensions, mine: here[i], theirs: other[i] }));
}

function ofSizeOne(values: Float64Array): Float64Array {
  const size = norm2(values) || 1;
  return values.map((x) => x / size);
}

/** Whether the same maps are read off two graphs of one network, for batches of two sizes. */
function isSameSymmetry(a: Symmetry, b: Symmetry): boolean {
  const read = ({ classes, tensors }: Symmetry) =>
    JSON.stringify([
      classes.map(({ extent, freedom, places }) => [extent, freedom, places ?? null]),
      tensors.map(({ name, offset, dimensions }) => [
        name,
        offset,
        dimensions.map(({ extent, units, dual }) => [extent, units ?? null, dual]),
      ]),
    ]);
  return read(a) === read(b);
}

/** Elements of one value that are compared. */
const MOST_ELEMENTS = 2 ** 22;

/** For each class the first value that shows it, one in the middle and the last. */
function shownValues(values: readonly UnitValue[], classes: number): number[] {
  const chosen = new Set<number>();
  for (let units = 0; units < classes; units++) {
    const showing = values.flatMap(({ value, dimensions }, at) =>
      value.inputs.length > 0 && dimensions.some((each) => each.units === units) && sizeOf(value.shape) <= MOST_ELEMENTS
        ? [at]
        : [],
    );
    for (const place of [0, Math.floor(showing.length / 2), showing.length - 1])
      if (showing.length > 0) chosen.add(showing[place]);
  }
  return [...chosen].sort((a, b) => a - b);
}
