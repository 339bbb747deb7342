import { units } from "../../dynamics/tracked/units.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import { throwIfInterrupted } from "../../util/run-context.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";

/** By how much biases are lowered, in sizes of the largest weight. */
const FAR = 1e6;

/**
 * The gradient of the biases of a layer of rectifying units whose biases are lowered until all are off on every example, over that
 * before. Which tensors are such biases is found by trying: those of one axis, one after the other.
 *
 * @throws input error `no-rectifier` where no units of the network rectify, or none have biases
 */
export async function deadLayer(problem: Problem, { random, context }: ClaimDesk): Promise<Conclusion> {
  const { space, point, options } = problem;
  if (options.l2 > 0 || units.notFor?.(problem) !== undefined) throw withoutRectifier();
  const home = point.parameters;
  const far = FAR * home.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  const layersThatAreOff = async (at: Point) => {
    const counted = await units.measure({
      problem,
      point: at,
      preconditioner: undefined,
      isPreconditioned: false,
      coupledDecay: 0,
      batch: problem.examples,
      between: problem.examples,
      random,
      memory: new Map(),
      context,
    });
    return counted.filter(({ series, value }) => series.startsWith("dead") && value === 1).length;
  };
  const before = { off: await layersThatAreOff(point), gradient: await point.gradient(context) };
  const evidence = [];
  for (const tensor of space.tensors.filter(({ shape }) => shape.length === 1)) {
    throwIfInterrupted(context);
    const [from, to] = [tensor.offset, tensor.offset + tensor.size];
    const length = (gradient: Float64Array) => norm2(gradient.subarray(from, to));
    if (length(before.gradient) === 0) continue;
    await using there = problem.at(home.map((x, i) => (i >= from && i < to ? x - far : x)));
    if ((await layersThatAreOff(there)) <= before.off) continue;
    const after = await there.gradient(context);
    evidence.push(
      weigh({
        name: `gradient of ${tensor.label} with all units behind it off, over that before`,
        measured: length(after) / length(before.gradient),
        law: equals(0),
        rival: equals(1),
      }),
    );
  }
  if (evidence.length === 0) throw withoutRectifier();
  return { evidence, picture: null };
}

function withoutRectifier(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-rectifier",
    message:
      "No layer of this network can be turned off by its biases: its units do not rectify or have no biases, or L2 is in the loss.",
    hint: "The claim is about networks with ReLU and biases, without --l2.",
  });
}
