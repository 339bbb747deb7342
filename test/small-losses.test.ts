import { describe, expect, it } from "vitest";
import { runChecks } from "../src/instruments/run-checks.ts";
import { norm2 } from "../src/linalg/vector.ts";
import { add } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { tanh } from "../src/ops/unary.ts";
import { binaryCrossEntropy } from "../src/problem/losses/binary-cross-entropy.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import type { Loss } from "../src/problem/losses/loss.ts";
import { fisherProduct } from "../src/problem/derivatives/fisher.ts";
import { gaussNewtonProduct } from "../src/problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import type { Problem } from "../src/problem/problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { array, buildProblem, labels } from "./support/build-problem.ts";

const EXAMPLES = 24;
const FEATURES = 4;
const CLASSES = 3;

/** Numbers that float32 holds, so that both precisions have the same network. */
const rounded = (numbers: Float64Array) => Float64Array.from(new Float32Array(numbers));

/** Three clusters around scaled corners, and a network whose logits lie `margin` apart: the loss falls with e^{−margin}. */
function classifier(loss: Loss, margin: number, soft: boolean, precision: "float32" | "float64", l2 = 0): Problem {
  const random = createRandom(7).split("small losses");
  const classOf = Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES);
  const noise = random.split("x").normalVector(EXAMPLES * FEATURES);
  const isBinary = loss === binaryCrossEntropy;
  // A bit has half the margin on either side.
  const spread = isBinary ? 0.01 : 0.1;
  const x = rounded(noise.map((e, i) => spread * e + (i % FEATURES === classOf[Math.floor(i / FEATURES)] ? 1 : 0)));
  const perturb = (name: string, size: number, f: (i: number) => number) =>
    rounded(
      random
        .split(name)
        .normalVector(size)
        .map((e, i) => (isBinary ? 0.01 : 0.05) * e + f(i)),
    );
  const w = perturb("w", FEATURES * FEATURES, (i) => (i % (FEATURES + 1) === 0 ? 2 : 0));
  // tanh 2 ≈ 0.96
  const v = perturb("v", FEATURES * CLASSES, (i) => (Math.floor(i / CLASSES) === i % CLASSES ? margin / 0.96 : 0));
  const rows = classOf.flatMap((c) => Array.from({ length: CLASSES }, (_, k) => (k === c ? 1 : 0)));
  return buildProblem(
    {
      x: array([EXAMPLES, FEATURES], x),
      y: soft || isBinary ? array([EXAMPLES, CLASSES], rows) : labels([EXAMPLES], classOf),
      parameters: {
        w: array([FEATURES, FEATURES], w),
        v: array([FEATURES, CLASSES], v),
        b: array(
          [CLASSES],
          Array.from({ length: CLASSES }, () => (isBinary ? -Math.round(margin / 2) : 0)),
        ),
      },
      build: (input, p) => add(matmul(tanh(matmul(input, p.w)), p.v), p.b),
      loss,
    },
    { precision, l2 },
  );
}

async function measure(problem: Problem): Promise<Record<string, Float64Array>> {
  const direction = createRandom(3).split("direction").normalVector(problem.space.dimension);
  const product = async (of: typeof hessianProduct) => (await problem.point.product(of, [direction], {}))[0];
  const found = {
    loss: Float64Array.of((await problem.point.value({})).loss),
    losses: await problem.point.exampleLosses({}),
    gradient: await problem.point.gradient({}),
    squares: await problem.point.exampleGradientSquares({}),
    gaussNewtonTraces: (await problem.point.exampleGaussNewtonTraces({})).traces,
    hessian: await product(hessianProduct),
    gaussNewton: await product(gaussNewtonProduct),
    fisher: await product(fisherProduct),
  };
  await problem.close();
  return found;
}

describe("a loss near zero keeps its relative precision in float32, to all derivatives", () => {
  const CASES: readonly (readonly [string, Loss, boolean])[] = [
    ["class numbers", crossEntropy, false],
    ["one-hot rows", crossEntropy, true],
    ["independent bits", binaryCrossEntropy, false],
  ];
  for (const [name, loss, soft] of CASES) {
    it.each([4, 10, 20, 40])(`${name}, margin %d`, async (margin) => {
      const wide = await measure(classifier(loss, margin, soft, "float64"));
      const narrow = await measure(classifier(loss, margin, soft, "float32"));
      const errors = Object.entries(wide).map(([what, exact]) => {
        const off = norm2(exact.map((value, i) => narrow[what][i] - value)) / norm2(exact);
        return [what, off] as const;
      });
      expect(wide.loss[0]).toBeLessThan(30 * Math.exp(-0.2 * margin));
      // A logit rounded by u·|z| moves e^z by as much relative to itself.
      const limit = 16 * 2 ** -24 * margin;
      expect(errors.filter(([, off]) => !(off <= limit))).toEqual([]);
    });
  }
});

it.each(
  [crossEntropy, binaryCrossEntropy].flatMap((loss) =>
    (["float32", "float64"] as const).map((precision) => ({ name: loss.name, loss, precision })),
  ),
)("beside a large L2 term are those of their definition: $name in $precision", async ({ loss, precision }) => {
  for (const l2 of [1e-2, 1, 100]) {
    const problem = classifier(loss, 20, false, precision, l2);
    const checks = await runChecks(problem, "every-run", createRandom(0), {});
    await problem.close();
    expect(checks.flatMap(({ name, passed }) => (passed === false ? [name] : []))).toEqual([]);
  }
});
