import type { Value } from "../../src/graph/value.ts";
import { add, mul } from "../../src/ops/arithmetic.ts";
import { conv } from "../../src/ops/conv.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { reduceMean, softmax } from "../../src/ops/reduction.ts";
import { transpose } from "../../src/ops/structure.ts";
import { erf, relu, tanh } from "../../src/ops/unary.ts";
import { crossEntropy } from "../../src/problem/losses/cross-entropy.ts";
import type { Loss } from "../../src/problem/losses/loss.ts";
import { meanSquaredError } from "../../src/problem/losses/mean-squared-error.ts";
import type { Problem } from "../../src/problem/problem.ts";
import { createRandom, type RandomStream } from "../../src/random/random-stream.ts";
import { sizeOf, type FloatType, type Shape, type Tensor } from "../../src/util/tensor.ts";
import { array, buildProblem, labels, type BuildNetwork } from "./build-problem.ts";

/* Small networks whose loss is as near to zero as is asked for: their labels are their own predictions, or outputs. */

type Parameters = Readonly<Record<string, Value>>;

interface Architecture {
  readonly name: string;
  /** Of one example. */
  readonly input: Shape;
  /** What its outputs have behind the four classes. */
  readonly behind: Shape;
  readonly weights: Readonly<Record<string, Shape>>;
  readonly build: (x: Value, w: Parameters) => Value;
}

const gelu = (x: Value) => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));

const mlp = (name: string, activation: (x: Value) => Value): Architecture => ({
  name,
  input: [6],
  behind: [],
  weights: { a: [6, 9], "a.bias": [9], b: [9, 4], "b.bias": [4] },
  build: (x, w) => add(matmul(activation(add(matmul(x, w.a), w["a.bias"])), w.b), w["b.bias"]),
});

const GEOMETRY = { strides: [1, 1], before: [1, 1], after: [1, 1], dilations: [1, 1], group: 1 };

const cnn: Architecture = {
  name: "cnn",
  input: [2, 5, 5],
  behind: [1, 1],
  weights: { filters: [4, 2, 3, 3], more: [4, 4, 3, 3], head: [4, 4, 1, 1] },
  build: (x, w) => {
    const image = relu(conv(relu(conv(x, w.filters, GEOMETRY)), w.more, GEOMETRY));
    return conv(reduceMean(image, [2, 3]), w.head, { ...GEOMETRY, before: [0, 0], after: [0, 0] });
  },
};

const TOKENS = { strides: [1], before: [0], after: [0], dilations: [1], group: 1 };

/** Channels before tokens, so that what acts on each token is a convolution, and no shape holds the batch. */
const transformer: Architecture = {
  name: "transformer",
  input: [5, 4],
  behind: [1],
  weights: { q: [5, 5, 1], k: [5, 5, 1], v: [5, 5, 1], inner: [8, 5, 1], outer: [5, 8, 1], head: [4, 5, 1] },
  build: (x, w) => {
    const each = (input: Value, weight: Value) => conv(input, weight, TOKENS);
    const scores = mul(matmul(transpose(each(x, w.q), [0, 2, 1]), each(x, w.k)), 1 / Math.sqrt(5));
    const attended = add(x, matmul(each(x, w.v), transpose(softmax(scores, 2), [0, 2, 1])));
    const mixed = add(attended, each(gelu(each(attended, w.inner)), w.outer));
    return each(reduceMean(mixed, [2]), w.head);
  },
};

const ARCHITECTURES = [mlp("tanh", tanh), mlp("relu", relu), mlp("gelu", gelu), cnn, transformer];

/** What the loss is of. */
type Kind = "logits" | "probabilities" | "regression";

export const NETWORKS: readonly (readonly [string, Architecture, Kind])[] = [
  ...ARCHITECTURES.map((each) => [`${each.name}, logits`, each, "logits"] as const),
  ["tanh, probabilities", ARCHITECTURES[0], "probabilities"],
  ["transformer, probabilities", transformer, "probabilities"],
  ["gelu, regression", ARCHITECTURES[2], "regression"],
];

const EXAMPLES = 24;

/** The network with the loss `loss`, the same to the last digit in both arithmetics. */
export async function nearZero(
  architecture: Architecture,
  kind: Kind,
  loss: number,
): Promise<(p: FloatType) => Problem> {
  const random = createRandom(7).split(architecture.name);
  const x = array(
    [EXAMPLES, ...architecture.input],
    rounded(random.split("x"), EXAMPLES * sizeOf(architecture.input), 1),
  );
  const parameters = Object.fromEntries(
    Object.entries(architecture.weights).map(([name, shape]): [string, Tensor] => [
      name,
      array(shape, rounded(random.split(name), sizeOf(shape), 1 / Math.sqrt(Math.max(1, sizeOf(shape) / shape[0])))),
    ]),
  );
  const open = (y: Tensor, of: Loss, build: BuildNetwork, precision: FloatType) =>
    buildProblem(
      { x, y, parameters, build, loss: of },
      { precision, lossOptions: { ignoreIndex: -100, outputKind: kind === "regression" ? undefined : kind } },
    );
  const plain = open(
    array([EXAMPLES, 4, ...architecture.behind], new Array<number>(4 * EXAMPLES).fill(0)),
    meanSquaredError,
    architecture.build,
    "float64",
  );
  const z = await plain.point.outputs();
  await plain.close();
  if (kind === "regression") {
    const noise = random.split("noise").normalVector(z.length);
    const size = Math.sqrt(noise.reduce((sum, each) => sum + each * each, 0) / z.length);
    const y = array(
      [EXAMPLES, 4],
      z.map((each, i) => each + (Math.sqrt(loss) / size) * noise[i]),
    );
    return (precision) => open(y, meanSquaredError, architecture.build, precision);
  }
  const rows = Array.from({ length: EXAMPLES }, (_, i) => [...z.subarray(4 * i, 4 * i + 4)]);
  const classes = rows.map((row) => row.indexOf(Math.max(...row)));
  const steepness = steepnessFor(rows, kind, loss);
  const build: BuildNetwork = (input, w) => {
    const logits = mul(architecture.build(input, w), steepness);
    // Two softmaxes, which no importer takes off.
    return kind === "logits" ? logits : mul(add(softmax(logits, 1), softmax(mul(logits, 2), 1)), 0.5);
  };
  return (precision) => open(labels([EXAMPLES, ...architecture.behind], classes), crossEntropy, build, precision);
}

/** By which the logits are multiplied, so that the loss of the likeliest classes is this. */
function steepnessFor(rows: readonly number[][], kind: Kind, loss: number): number {
  const rest = (row: number[], s: number) => {
    const most = Math.max(...row);
    return row.reduce((sum, each) => sum + (each === most ? 0 : Math.exp(s * (each - most))), 0);
  };
  const other = (row: number[], s: number) => rest(row, s) / (1 + rest(row, s));
  const lossAt = (s: number) =>
    rows.reduce(
      (sum, row) =>
        sum - Math.log1p(-(kind === "logits" ? other(row, s) : (other(row, s) + other(row, 2 * s)) / 2)) / rows.length,
      0,
    );
  let [low, high] = [0, 1];
  while (lossAt(high) > loss) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (lossAt(middle) > loss) low = middle;
    else high = middle;
  }
  return Math.fround(high);
}

/** Normal numbers that float32 holds exactly. */
function rounded(random: RandomStream, count: number, size: number): Float64Array {
  return random.normalVector(count).map((each) => Math.fround(size * each));
}
