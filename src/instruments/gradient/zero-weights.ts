import { z } from "zod";
import { norm2 } from "../../linalg/vector.ts";
import type { ParameterSpace } from "../../problem/parameter-space.ts";
import { about } from "../../result/known.ts";
import { count, real } from "../../result/real.ts";

/** Numbers of weights that are exactly 0. */
export const zeroWeights = z.object({
  names: z.array(z.string()),
  numbers: count,
  share: about(real, { title: "Gradient in weights that are exactly 0" }),
});

/**
 * What of the gradient lies in numbers that are exactly 0 beside others of their tensor that are not. Training leaves no such
 * number: it is what a mask holds in a pruned weight, and the row of a table that stands for padding, which nobody trains. A
 * tensor that is 0 as a whole is how biases, gains and the last layers of branches start; undefined without any.
 *
 * @param parameters θ
 * @param gradient ∇L(θ)
 */
export function zeroWeightsIn(
  { tensors }: Pick<ParameterSpace, "tensors">,
  parameters: Float64Array,
  gradient: Float64Array,
): z.output<typeof zeroWeights> | undefined {
  const names: string[] = [];
  let numbers = 0;
  let square = 0;
  for (const { label, shape, offset, size } of tensors) {
    if (shape.length < 2) continue;
    const slopes: number[] = [];
    let others = 0;
    for (let i = offset; i < offset + size; i++) {
      if (parameters[i] !== 0) others++;
      else if (gradient[i] !== 0) slopes.push(gradient[i]);
    }
    if (slopes.length === 0 || others === 0) continue;
    names.push(label);
    numbers += slopes.length;
    square += slopes.reduce((sum, x) => sum + x * x, 0);
  }
  return numbers === 0 ? undefined : { names, numbers, share: square / norm2(gradient) ** 2 };
}
