import type { Freedom } from "../../graph/unit-freedom.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { Computation } from "../../problem/computation.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { aligned, balancedPair, matchPair, type Pair, startingElement, weightEvidence } from "../../symmetry/align.ts";
import { deriveSymmetry } from "../../symmetry/derive-symmetry.ts";
import { matchByLoss } from "../../symmetry/match-by-loss.ts";
import { agreementOf, type Evidence, type Matching } from "../../symmetry/matching.ts";
import type { UnitClass, UnitValue } from "../../symmetry/symmetry.ts";
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
  readonly classes: readonly (UnitClass & { readonly tensors: readonly string[] })[];
}

/** Examples that activations are compared on. */
const EXAMPLES = 256;

/** Between two looks at the loss of the matching by loss. */
const STRIDE = 5;

/**
 * The maps of units that make one network like another, found in several ways: by weights from several starts, by
 * activations, and from the best of them by the loss half-way; or none, where that is no worse. Undefined where the graph lets no unit be moved.
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
  for (let start = 0; start < starts; start++) {
    const stream = random.split(`weights ${start}`);
    await keep(
      "weights",
      start,
      found(await matchPair(pair, weights, startingElement(symmetry, start, random), stream, context)),
    );
    context.progress?.({ stage: "matching units", done: start + 1, total: starts + 1 });
  }
  const activations = await activationEvidence(terrain, pair, context);
  const byActivations = await matchPair(
    pair,
    activations,
    identityElement(symmetry),
    random.split("activations"),
    context,
  );
  await keep("activations", 0, found(byActivations));
  // What activations find may be a better start for weights than any other.
  await keep(
    "weights",
    starts,
    found(await matchPair(pair, weights, byActivations.element, random.split("both"), context)),
  );
  if (steps > 0) await byLoss(terrain, pair, best(attempts), { steps, random }, keep, context);
  const names = (units: number) =>
    symmetry.tensors.flatMap(({ name, dimensions }) => (dimensions.some((each) => each.units === units) ? [name] : []));
  return {
    attempts: attempts.sort((a, b) => heightOf(a) - heightOf(b)),
    classes: symmetry.classes.map((each, units) => ({ ...each, tensors: names(units) })),
  };
}

function best(attempts: readonly Attempt[]): Attempt {
  return attempts.reduce((a, b) => (heightOf(b) < heightOf(a) ? b : a));
}

/** What is no number is higher than any. */
export function heightOf({ middle }: Attempt): number {
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

/** What the units of both networks give on the same examples, a few values of each class, each of size 1. */
async function activationEvidence(
  terrain: Terrain,
  { symmetry, mine, theirs }: Pair,
  context: RunContext,
): Promise<Evidence[]> {
  const { problem } = terrain;
  const whole = Math.min(problem.examples, problem.options.batchSize);
  // A file may be written for batches of one size only.
  const count = whole > EXAMPLES && problem.takesBatch(EXAMPLES) ? EXAMPLES : whole;
  const examples = Int32Array.from({ length: count }, (_, i) => i);
  const network = { ...terrain.networkOf(examples.length), tensors: terrain.tensors };
  const { within, held } = symmetry;
  const there = deriveSymmetry(network, { within, held }).symmetry;
  const chosen = shownValues(there.values, there.classes.length);
  const activations: Computation = {
    name: "activations",
    build: ({ network: { graph, imported } }) => {
      const again = deriveSymmetry(
        { outputs: [graph.outputs], parameters: imported.parameters, tensors: terrain.tensors },
        { within, held },
      ).symmetry;
      return chosen.map((at) => again.values[at].value);
    },
  };
  const of = async (theta: Float64Array) => {
    const point = problem.at(theta, { examples });
    const found: Float64Array[] = [];
    try {
      await point.eachBatch(activations, context, (_batch, values) => {
        values.forEach(({ data }, i) => (found[i] = Float64Array.from(data)));
      });
    } finally {
      await point.release();
    }
    return found.map((values) => {
      const size = norm2(values) || 1;
      return values.map((x) => x / size);
    });
  };
  const [here, other] = [await of(mine.theta), await of(theirs.theta)];
  return chosen.map((at, i) => ({ dimensions: there.values[at].dimensions, mine: here[i], theirs: other[i] }));
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
