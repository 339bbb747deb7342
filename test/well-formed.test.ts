import { describe, expect, it } from "vitest";
import { pullback } from "../src/autodiff/pullback.ts";
import { pushforward } from "../src/autodiff/pushforward.ts";
import { vectorize } from "../src/autodiff/vectorize.ts";
import { Graph } from "../src/graph/graph.ts";
import type { Inspect, Operation, Value } from "../src/graph/value.ts";
import { lowerGraph } from "../src/onnx/emit-lower.ts";
import { PRODUCTS } from "../src/problem/derivatives/registry.ts";
import { reduceSum } from "../src/ops/structure.ts";
import { tanh } from "../src/ops/unary.ts";
import type { FloatType } from "../src/util/tensor.ts";
import { lossNamed, openReference, REFERENCE_CASES, expectedOf } from "./support/reference-case.ts";
import { FLOAT64 } from "./support/run-values.ts";
import { expectWellFormed } from "./support/well-formed.ts";

/* The graph is well formed behind every pass over real networks; and a rule that breaks this is found where it does. */

describe("every pass over a network leaves a well-formed graph", () => {
  it.each(REFERENCE_CASES.flatMap((name) => (["float32", "float64"] as const).map((each) => [name, each] as const)))(
    "%s in %s",
    async (name, precision: FloatType) => {
      const passes = new Set<string>();
      const inspect: Inspect = (pass, outputs) => {
        passes.add(pass);
        expectWellFormed(pass, outputs);
      };
      const loss = lossNamed(expectedOf(name).loss_kind);
      const problem = openReference(name, { precision, inspect, batchSize: 16 }, 16);
      try {
        const { point } = problem;
        await point.gradient();
        const vectors = [0, 1].map(() => new Float64Array(problem.space.dimension).fill(1e-3));
        for (const product of PRODUCTS) {
          if (product.name !== "fisher" || loss.outputFisher) await point.product(product, vectors);
        }
        await point.exampleLosses();
        await point.exampleGradientSquares();
      } finally {
        await problem.close();
      }
      for (const pass of ["import", "loss", "pullback", "pushforward", "vectorize", "partition", "lower", "emit"])
        expect(passes).toContain(pass);
    },
  );
});

/** tanh with a rule of its own. */
function withRule(rules: Partial<Operation>): { x: Value; y: Value } {
  const graph = new Graph();
  const x = graph.input("x", "float64", [2, 3]);
  const y = graph.apply({ ...tanh(x).operation, name: "Planted", ...rules }, [x]);
  return { x, y };
}

/** Of another shape, which broadcasting would hide. */
const row = (value: Value) => reduceSum(value, [0]);

const PLANTS: Readonly<Record<string, () => unknown>> = {
  "The pullback of Planted": () => {
    const { x, y } = withRule({ vjp: (_node, g) => row(g) });
    return pullback([y], [y], [x]);
  },
  "The pushforward of Planted": () => {
    const { x, y } = withRule({ jvp: (_node, [t]) => t && row(t) });
    return pushforward([y], [x], [x]);
  },
  "The block rule of Planted": () => {
    const { x, y } = withRule({ vmap: (node) => node });
    return vectorize([y], new Map([[x, x.graph.input("block", "float64", [4, 2, 3])]]), 4);
  },
  "Rewriting Planted": () => lowerGraph([withRule({ lower: (_node, [x]) => row(x) }).y], FLOAT64),
  "Simplifying Planted": () => withRule({ simplify: ([x]) => row(x) }),
  "Folding Planted": () => {
    const graph = new Graph();
    const one = graph.scalar(1, "float64");
    return graph.apply(
      {
        ...tanh(graph.input("x", "float64", [])).operation,
        name: "Planted",
        evaluate: ([x]) => ({ ...x, dtype: "float32", data: Float32Array.from(x.data) }),
      },
      [one],
    );
  },
  "A cotangent": () => {
    const { x, y } = withRule({});
    return pullback([y], [row(y)], [x]);
  },
  "A tangent": () => {
    const { x, y } = withRule({});
    return pushforward([y], [x], [row(x)]);
  },
};

describe("a rule that changes the type of what it stands for is refused", () => {
  it.each(Object.entries(PLANTS))("%s", (step, plant) => {
    expect(plant).toThrow(
      new RegExp(`^${step} gave float(64\\[1, 3\\]|64\\[2, 3\\]|32\\[\\]) where float64\\[.*\\] belongs\\.$`),
    );
  });
});
