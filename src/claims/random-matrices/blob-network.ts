import { crossEntropy } from "../../problem/losses/cross-entropy.ts";
import type { Problem } from "../../problem/problem.ts";
import type { DeskWithEngine } from "../claim/define-claim.ts";
import { descentOnNetwork } from "../descent-on-network.ts";
import { openNet } from "../open-net.ts";
import { blobs } from "./blobs.ts";
import { largestSize } from "./network-curvatures.ts";

/** Inputs, units of the hidden layer, examples of each class. */
const [INPUTS, UNITS, EACH] = [4, 12, 20];

/** A small classifier, its data and how it is trained. */
interface BlobNetwork {
  readonly classes: number;
  /** Distance of the classes' centres from 0. */
  readonly apart: number;
  readonly lr: number;
  /** Whether that is times the largest curvature at the start. */
  readonly relative?: boolean;
  readonly steps: number;
  /** Of the weights at the start. */
  readonly seed: number;
}

/** Opens a tanh network with 12 hidden units on blobs, trains it by gradient descent on all examples, and shows it and where that ended. */
export async function onBlobs<T>(
  { classes, apart, lr, relative, steps, seed }: BlobNetwork,
  desk: DeskWithEngine,
  look: (problem: Problem, end: Float64Array) => Promise<T>,
): Promise<T> {
  const examples = blobs({ classes, each: EACH, inputs: INPUTS, apart }, desk.random);
  await using problem = openNet(`mlp:${INPUTS}-${UNITS}-${classes}:tanh@${seed}`, examples, desk.runtime, crossEntropy);
  const rate = relative === true ? lr / (await largestSize(problem, desk.context)) : lr;
  const { end } = await descentOnNetwork(problem, { lr: rate, steps }, desk);
  return await look(problem, end);
}
