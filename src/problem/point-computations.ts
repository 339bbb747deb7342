import { cast } from "../ops/logic.ts";
import { sumAll } from "../ops/structure.ts";
import { roundValues } from "../autodiff/round-values.ts";
import { inputsOf } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import type { Computation } from "./computation.ts";
import { gradientSquare } from "./derivatives/gradient-square.ts";
import { jacobianTransposed } from "./derivatives/jacobian.ts";
import { outputCurvatureForm } from "./derivatives/output-curvature-form.ts";
import { vectorizeExamples } from "./vectorize-examples.ts";
import { weightedGradient } from "./derivatives/weighted-gradient.ts";
import { nameInFile } from "./file-names.ts";
import type { LossGraph } from "./loss-graph.ts";

/* What a point runs on every batch, beside the derivatives. */

/** Name of the input that carries a cotangent of outputs or examples. */
export const COTANGENT = "thalweg:u";

export const VALUE: Computation = {
  name: "value",
  build: ({ perExample, loss, outputs, labels, options }) => {
    // Losses that float32 holds may add up to one that it does not.
    const total = sumAll(cast(perExample, "float64"));
    const right = loss.correct?.(outputs, labels, options);
    return right ? [total, right] : [total];
  },
};

/** The same with the loss of every example, undivided, between the two. */
export const VALUE_BY_EXAMPLE: Computation = {
  name: "value by example",
  build: (site, tangents) => {
    const [total, ...right] = VALUE.build(site, tangents);
    return [total, site.perExample, ...right];
  },
};

/** The outputs of the network as its loss takes them. */
export const OUTPUTS: Computation = { name: "outputs", build: ({ outputs }) => [outputs] };

function cotangent({ shape, dtype, graph }: Value): Value {
  return graph.input(COTANGENT, dtype, shape);
}

export const JACOBIAN_TRANSPOSED: Computation = {
  name: "jacobian-transposed",
  build: (site) => jacobianTransposed(site, cotangent(site.outputs)),
};

export const ROUNDED_JACOBIAN_TRANSPOSED: Computation = {
  name: "jacobian-transposed, rounded",
  build: (site, tangents) => roundValues(JACOBIAN_TRANSPOSED.build(site, tangents), site.parameters),
};

export const WEIGHTED_GRADIENT: Computation = {
  name: "weighted-gradient",
  build: (site) => weightedGradient(site, cotangent(site.perExample)),
};

/**
 * Values of a batch of one, vectorised over the examples of a batch; parameters, a cotangent and what else is `common` are
 * shared by them.
 *
 * @param more `after`: what becomes of each value, [examples, …]
 */
export function forEachExample(
  name: string,
  values: (one: LossGraph) => readonly Value[],
  {
    common = () => false,
    after = (value) => value,
  }: { readonly common?: (input: string) => boolean; readonly after?: (value: Value) => Value } = {},
): Computation {
  return {
    name,
    build: (site) => {
      const single = values(site.single().graph);
      const isCommon = (input: string) =>
        input === COTANGENT || common(input) || site.network.imported.parameters.has(nameInFile(input) ?? "");
      const inputs = [...inputsOf(single)].flatMap(([input, value]) => (isCommon(input) ? [] : [value]));
      return vectorizeExamples(single, inputs, site.labels.shape[0]).map(after);
    },
  };
}

export const EXAMPLE_GRADIENT_SQUARES = forEachExample("example-gradient-squares", (one) => [gradientSquare(one)]);

export const ROUNDED_EXAMPLE_GRADIENT_SQUARES = forEachExample("example-gradient-squares, rounded", (one) =>
  roundValues([gradientSquare(one)], one.parameters, { movesSources: true }),
);

export const EXAMPLE_GAUSS_NEWTON_TRACES = forEachExample("gauss-newton-traces", (one) => {
  const { form, size } = outputCurvatureForm(one, cotangent(one.outputs));
  return [form, size];
});
