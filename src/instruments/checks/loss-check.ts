import { norm2 } from "../../linalg/vector.ts";
import { roundedExampleLosses } from "../../problem/derivatives/rounded.ts";
import type { Point } from "../../problem/point.ts";
import { OUTPUTS } from "../../problem/point-computations.ts";
import type { PlainTerms } from "../../problem/losses/plain-terms.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";
import { inPrecision, isFloat, type Tensor } from "../../util/tensor.ts";
import { roundoffOf, type CheckBench, type CheckDefinition, type Measurement } from "./check.ts";
import { compareLoss, movedByGrain, worstOf, type LossPair, type LossSample } from "./compare-loss.ts";
import { bytesOfVectors } from "../../quantities/memory.ts";

const DETAIL =
  "The loss of every example by its definition, in float64 from the network's outputs, against that of the graph; their mean over all examples against the loss, the terms counted anew, and the right predictions; the limit is what rounding explains of the one that is nearest to it.";

/** How often the outputs are moved by a grain. */
const GRAINS = 3;

/** Points at which every parameter is moved by so many grains, before a difference counts. */
const SHAKES = [1, 4, 4];

/** The loss and the share of right predictions against their definitions, on all examples. Cost: three forward passes. */
export const lossCheck: CheckDefinition = {
  name: "loss",
  title: "The loss against its definition",
  detail: DETAIL,
  limit: { float32: 0, float64: 0 },
  cost: () => ({ losses: 5 }),
  // What each example's terms are, thrice moved by a grain, and its loss; θ for the L2 term.
  bytes: ({ space, examples }) => bytesOfVectors(space.dimension, 1) + bytesOfVectors(examples, 3 * (1 + GRAINS)),
  measure: async (bench) => {
    const { problem, random, context, roundoff } = bench;
    const { point } = problem;
    const { plain, moved } = await byDefinition(problem, point, random, roundoff, context);
    const pair = await pairOf(problem, plain, context);
    const samples: LossSample[] = moved.map((each) => ({ plain: each }));
    let findings = compareLoss(pair, samples, roundoff);
    const passes = () => findings.every(({ measured, limit }) => measured <= limit);
    if (!passes()) {
      for await (const sample of samplesOf(bench)) {
        samples.push(sample);
        findings = compareLoss(pair, samples, roundoff);
        if (passes()) break;
      }
    }
    const { measured, limit, fault, unresolved } = worstOf(findings);
    const found: Measurement = { measured, limit, detail: passes() ? DETAIL : `${DETAIL} ${fault}` };
    return passes() && unresolved ? { ...found, undecided: true } : found;
  },
};

async function pairOf({ point, options, dataset }: Problem, plain: PlainTerms, context: RunContext): Promise<LossPair> {
  const { loss, accuracy } = await point.value(context);
  const { terms, divisor } = point.sample;
  const penalty = (options.l2 / 2) * norm2(point.parameters) ** 2;
  return {
    examples: Float64Array.from({ length: dataset.examples }, (_, i) => i),
    plain,
    losses: await point.exampleLosses(context),
    accuracy,
    terms,
    whole: {
      value: loss - penalty,
      divisor,
      batch: Math.min(options.batchSize, dataset.examples),
      // Added and taken off in float64, whatever the arithmetic of the network.
      rounding: penalty * roundoffOf("float64"),
    },
  };
}

/** What rounding does: to every number on the way, and to the parameters. */
async function* samplesOf({ problem, random, context, roundoff }: CheckBench): AsyncGenerator<LossSample> {
  const { point } = problem;
  yield { losses: await point.derivative(roundedExampleLosses, undefined, context) };
  for (const [i, size] of SHAKES.entries()) {
    const signs = random.split(`shake ${i}`).rademacherVector(point.dimension);
    await using there = problem.at(point.parameters.map((x, j) => x * (1 + 2 * size * roundoff * signs[j])));
    const { plain } = await byDefinition(problem, there, random, roundoff, context);
    yield { plain, losses: await there.exampleLosses(context) };
  }
}

/** Every example's terms, from the outputs at a point, and from these moved by a grain; NaN for examples that no batch held. */
async function byDefinition(
  { network, dataset, options }: Problem,
  point: Point,
  random: RandomStream,
  roundoff: number,
  context: RunContext,
): Promise<{ plain: PlainTerms; moved: PlainTerms[] }> {
  const { loss, options: lossOptions } = network.graph;
  const plain = new AllTerms(dataset.examples);
  const moved = Array.from({ length: GRAINS }, () => new AllTerms(dataset.examples));
  await point.eachBatch(OUTPUTS, context, ({ start, end }, [z]) => {
    const labels = asFed(dataset.y(start, end), options.precision);
    plain.put(start, loss.evaluate(z, labels, lossOptions));
    for (const [i, each] of moved.entries()) {
      const beside = movedByGrain(z, roundoff, random.split(`grain ${i} ${start}`));
      each.put(start, loss.evaluate(beside, labels, lossOptions));
    }
  });
  return { plain: plain.terms(), moved: moved.map((each) => each.terms()) };
}

/** Labels as the problem takes them. */
export function asFed(labels: Tensor, precision: Problem["options"]["precision"]): Tensor {
  return isFloat(labels.dtype) ? { ...labels, data: inPrecision(labels.data, precision) } : labels;
}

/** Terms of batches side by side. */
class AllTerms {
  private readonly losses: Float64Array;
  private readonly counts: Float64Array;
  private readonly margins: Float64Array[] = [];

  constructor(examples: number) {
    this.losses = new Float64Array(examples).fill(Number.NaN);
    this.counts = new Float64Array(examples);
  }

  put(start: number, { losses, counts, margins }: PlainTerms): void {
    this.losses.set(losses, start);
    this.counts.set(counts, start);
    if (margins) this.margins.push(margins);
  }

  terms(): PlainTerms {
    const { losses, counts, margins } = this;
    if (margins.length === 0) return { losses, counts };
    const all = new Float64Array(margins.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of margins) {
      all.set(part, at);
      at += part.length;
    }
    return { losses, counts, margins: all };
  }
}
