import { plusMultiple } from "../../linalg/vector.ts";
import { z } from "zod";
import { sampleMean } from "../../linalg/sample-mean.ts";
import { newton } from "../../optimizers/newton.ts";
import type { Objective } from "../../optimizers/objective.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { hessianAt } from "../hessian-at.ts";
import { defineClaim, scaled } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";
import { placeAfter } from "../walks.ts";
import { linearRegression } from "./linear-regression.ts";
import { noiseOnWeights } from "./noise-on-weights.ts";
import { inputsOf, rectifiedNetwork, weightsOf } from "./rectified-network.ts";

const SIGMA = 0.01;
const WIDTHS = { inputs: 3, hidden: 4, outputs: 2 };
const EXAMPLES = 12;
/** (αW₁, W₂/α) is the other minimum, of the same function. */
const ALPHA = 3;

/** Least squares: weights, examples, deviation of the labels, and the factor by which inputs are larger the second time. */
const FIT = { weights: 5, examples: 20, deviation: 1, factor: 3 };
/** New examples that a fit is tried on. */
const FRESH = 20;

const mean = z.object({ value: z.number(), standardError: z.number() });

export const flatMinima = defineClaim({
  id: "F1",
  topic: "flatness",
  statement: "Flat minima generalise.",
  says: "rival",
  law: "E L(w + ε) = L + ½σ²tr H + O(σ⁴) for ε ~ N(0, σ²I); on new data least squares with normal inputs cost ½τ²P/(n − P − 1), whatever H is, and one function costs the same however it is written",
  rival: "what new data cost is proportional to tr H, too, as what noise in the weights costs is",
  condition: "what comes new moves every weight by as much, whatever the curvature: noise or rounding in the weights",
  source:
    "Hochreiter & Schmidhuber 1997 for the statement; Taylor expansion; mean of the inverse of a Wishart matrix, Σ⁻¹/(n − P − 1); Dinh, Pascanu, S. Bengio & Y. Bengio 2017 for one function with two traces",
  why: "New data are thought of as a small shift of the surface, which a flat minimum hardly notices.",
  means:
    "A trace tells what noise in the weights, or fewer bits for them, will cost. It compares two networks on new data only where the weights are alike in size and meaning.",
  breaks:
    "Examples fix the weights better where the curvature is larger: the shift is then smaller by as much, and both cancel. Kinks of units with ReLU that switch under the noise are in no Hessian: what they cost is no part of ½σ²tr H.",
  reading: [
    "Hochreiter & Schmidhuber, Neural Computation 9, 1 (1997)",
    "Dinh, Pascanu, S. Bengio & Y. Bengio, ICML (2017)",
  ],
  parameters: z.object({
    draws: scaled(200_000, 25_000, "draws of the noise"),
    fits: scaled(20_000, 1000, "fits of least squares of each kind"),
  }),
  found: z.object({
    traces: z.array(z.number()),
    rises: z.array(mean),
    losses: z.array(z.number()),
    gaps: z.array(mean),
  }),
  measure({ draws, fits }, _part, { random }) {
    const inputs = inputsOf(EXAMPLES, WIDTHS, random);
    const home = weightsOf(WIDTHS, random);
    const none = new Float64Array(EXAMPLES * WIDTHS.outputs);
    // It makes its labels itself: its weights are a minimum, of loss 0.
    const net = rectifiedNetwork(WIDTHS, inputs, rectifiedNetwork(WIDTHS, inputs, none).outputs(home));
    const minima = [home, home.map((x, i) => (i < net.split ? ALPHA * x : x / ALPHA))];
    const fresh = rectifiedNetwork(WIDTHS, inputsOf(EXAMPLES, WIDTHS, random), random.normalVector(none.length));
    return {
      traces: minima.map((at) => traceOf(net, at)),
      rises: minima.map((at) => {
        const loss = net.value(at);
        const rise = () => {
          const noise = random.normalVector(at.length);
          return net.value(plusMultiple(at, SIGMA, noise)) - loss;
        };
        return sampleMean(Float64Array.from({ length: draws }, rise));
      }),
      losses: minima.map((at) => fresh.value(at)),
      gaps: [1, FIT.factor].map((factor) =>
        sampleMean(Float64Array.from({ length: fits }, () => gapOf(factor, random))),
      ),
    };
  },
  conclude([{ traces, rises, losses, gaps }]) {
    const half = SIGMA ** 2 / 2;
    const cost = (FIT.deviation ** 2 * FIT.weights) / (2 * (FIT.examples - FIT.weights - 1));
    const ratio = gaps[1].value / gaps[0].value;
    const ratioError = ratio * Math.hypot(gaps[0].standardError / gaps[0].value, gaps[1].standardError / gaps[1].value);
    const curvatures = FIT.factor ** 2;
    return {
      evidence: [
        weigh({
          name: `what new data cost least squares with inputs ${FIT.factor} times as large and ${curvatures} times the curvature, over what they cost before`,
          measured: ratio,
          standardError: ratioError,
          law: equals(1),
          rival: equals(curvatures),
          allowed: 3 * ratioError,
        }),
        weigh({
          name: `what new data cost them before, n = ${FIT.examples}, P = ${FIT.weights}, τ = ${FIT.deviation}`,
          measured: gaps[0].value,
          standardError: gaps[0].standardError,
          law: equals(cost),
          allowed: 3 * gaps[0].standardError,
        }),
        weigh({
          name: `loss of (${ALPHA}W₁, W₂/${ALPHA}) on new data over that of (W₁, W₂)`,
          measured: losses[1] / losses[0],
          law: equals(1),
          rival: equals(traces[1] / traces[0]),
          allowed: 1e-12,
        }),
        ...["(W₁, W₂)", `(${ALPHA}W₁, W₂/${ALPHA})`].map((name, i) =>
          weigh({
            name: `rise of the loss under noise at ${name} over ½σ²tr H, σ = ${SIGMA}`,
            measured: rises[i].value / (half * traces[i]),
            standardError: rises[i].standardError / (half * traces[i]),
            law: equals(1),
            rival: equals(1),
            allowed: 0.02,
          }),
        ),
      ],
      picture: {
        title: "What noise in the weights costs, and what new data cost",
        description:
          "Two minima of one function, and least squares with inputs of two sizes: what the second costs over what the first costs, against the ratio of their traces.",
        x: { title: "ratio of the traces", scale: "log" },
        y: { title: "ratio of the costs", scale: "log" },
        law: [{ name: "of new data", x: [1, 20], y: [1, 1] }],
        rival: [{ name: "as the trace", x: [1, 20], y: [1, 20] }],
        measured: [
          { name: "noise in the weights", x: [traces[1] / traces[0]], y: [rises[1].value / rises[0].value] },
          { name: "new data", x: [traces[1] / traces[0]], y: [losses[1] / losses[0]] },
          { name: "new data, least squares", x: [curvatures], y: [ratio], error: [ratioError] },
        ],
      },
    };
  },
  network: {
    measures: "what noise in the weights costs beside ½σ²tr H, also where one tensor is written in units half as large",
    asks: {
      says: "rival",
      law: "noise of deviation σ in the weights costs ½σ²tr H, which is another number where the same function is written in other units",
      rival: "what the flatness of a minimum says belongs to the function: it is the same however it is written",
    },
    measure: ({ problem }, desk) => noiseOnWeights(problem, desk),
  },
});

function traceOf(f: Objective, at: Float64Array): number {
  const matrix = hessianAt(f, at);
  return at.reduce((sum, _, i) => sum + matrix[i * (at.length + 1)], 0);
}

/**
 * What a fit to few examples costs on new ones, above what the best weights cost: labels are x·w + τe, e and x normal, the inputs
 * times a factor. Labels of the new examples are without their noise, which costs both the same in the mean.
 */
function gapOf(factor: number, random: RandomStream): number {
  const { weights, examples, deviation } = FIT;
  const best = random.normalVector(weights);
  const draw = (count: number) =>
    Array.from({ length: count }, () => random.normalVector(weights).map((x) => factor * x));
  const label = (x: Float64Array) => x.reduce((sum, each, i) => sum + each * best[i], 0);
  const inputs = draw(examples);
  const fit = linearRegression(
    inputs,
    inputs.map((x) => label(x) + deviation * random.normal()),
  );
  const fitted = placeAfter({ on: fit, by: newton.with({}), from: new Float64Array(weights) }, 2);
  const fresh = draw(FRESH);
  return linearRegression(fresh, fresh.map(label)).value(fitted);
}
