import { pushforward } from "../../autodiff/pushforward.ts";
import { meanOf } from "../../linalg/vector.ts";
import type { Computation } from "../../problem/computation.ts";
import type { Problem } from "../../problem/problem.ts";
import { Deviations } from "../../quantities/deviations.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { Tensor } from "../../util/tensor.ts";
import type { ExampleCurvature } from "./mean-square-limit.ts";

/** vᵀ∇²ℓᵢv for every example, undivided. */
const SECOND_DERIVATIVES: Computation = {
  name: "example-curvature",
  build: ({ perExample, parameters }, vectors) =>
    pushforward(pushforward([perExample], parameters, vectors), parameters, vectors),
};

/**
 * aᵢ = vᵀHᵢv for the loss of every example along a unit vector, scaled so that their mean a is vᵀHv of the loss of all: a, and the mean
 * square of their deviations, aᵢ − a where all count alike, and else aᵢ − rᵢa (`Deviations`): an example without a term changes the
 * curvature of no batch. Cost: about four forward passes.
 */
export async function exampleCurvature(
  problem: Problem,
  vector: Float64Array,
  context: RunContext,
): Promise<ExampleCurvature> {
  const { examples, divisor, point } = problem;
  const rows = new Float64Array(examples).fill(Number.NaN);
  const keep = ({ start }: { readonly start: number }, [part]: readonly Tensor[]) => rows.set(part.data, start);
  await point.eachBatch(SECOND_DERIVATIVES, context, keep, { block: [vector] });
  const counts = point.sample.countsOf(Int32Array.from({ length: examples }, (_, i) => i));
  const each = rows.map((x, i) => (x * examples) / divisor + problem.options.l2 * (counts?.[i] ?? 1));
  const mean = meanOf(each);
  return { mean, variance: meanOf(new Deviations(counts).along(each, mean).map((x) => x ** 2)) };
}
