import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import type { LinearOperator } from "../../operators/linear-operator.ts";
import { subBlockOperator } from "../../operators/combinators.ts";
import { productOperator } from "../../operators/problem-operators.ts";
import { gaussNewtonProduct } from "../../problem/derivatives/gauss-newton.ts";
import type { Problem } from "../../problem/problem.ts";
import { maxOf } from "../../util/extremes.ts";
import { throwIfInterrupted } from "../../util/run-context.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { atLeast, equals, weigh } from "../claim/evidence.ts";
import { inFloat64 } from "../geometry/in-float64.ts";

/** What searches for eigenvalues may leave of a ratio. */
const ALLOWED = 1e-3;
/** Tensors that are blocks of their own, the largest first; what is left is one block. */
const MOST = 32;

/**
 * The largest eigenvalue of the Gauss–Newton matrix of a network, which has no negative ones, beside those of its blocks: a block for each
 * tensor of parameters. Cost: about fifty products for each.
 *
 * @throws input error `one-block` where the parameters are one tensor, `no-curvature` where the matrix is 0
 */
export function blocksOnNetwork(given: Problem, desk: ClaimDesk): Promise<Conclusion> {
  const { random, context } = desk;
  return inFloat64(given, desk, async ({ problem, point, where }) => {
    const tensors = problem.space.tensors.filter(({ size }) => size > 0).toSorted((a, b) => b.size - a.size);
    if (tensors.length < 2) throw alone();
    const ranges = tensors.map(({ offset, size }) => ({ offset, length: size }));
    const groups = [
      ...ranges.slice(0, MOST).map((range) => [range]),
      ...(ranges.length > MOST ? [ranges.slice(MOST)] : []),
    ];
    const matrix = productOperator(point, gaussNewtonProduct, context);
    const largestOf = async (operator: LinearOperator, label: string) => {
      throwIfInterrupted(context);
      const { top } = await extremalEigenpairs(operator, { largest: 1 }, random.split(label), context);
      return top[0].value;
    };
    const whole = await largestOf(matrix, "whole");
    if (!(whole > 0)) throw flat();
    const blocks = [];
    for (const [i, group] of groups.entries())
      blocks.push(await largestOf(subBlockOperator(matrix, group), `block ${i}`));
    const sharpest = maxOf(blocks);
    const sum = blocks.reduce((total, each) => total + each, 0);
    return {
      evidence: [
        weigh({
          name: `λmax of the Gauss–Newton matrix over the largest of its ${blocks.length} blocks${where}`,
          measured: whole / sharpest,
          law: atLeast(1),
          rival: equals(1),
          allowed: ALLOWED,
        }),
        weigh({
          name: `sum of the largest eigenvalues of all blocks, over λmax${where}`,
          measured: sum / whole,
          law: atLeast(1),
          rival: equals(sum / sharpest),
          allowed: ALLOWED,
        }),
      ],
      picture: null,
    };
  });
}

function alone(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "one-block",
    message: "The parameters of this network are one tensor, which has no other block beside it.",
    hint: "The claim is about networks of several tensors; look whether --params leaves out too many.",
  });
}

function flat(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-curvature",
    message: "The Gauss–Newton matrix of this network is 0 at these weights: no block of it is sharper than another.",
    hint: "The claim is about weights that the outputs depend on.",
  });
}
