import { expect, vi } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import type { Operation } from "../../src/graph/value.ts";
import { add, mul, sub } from "../../src/ops/arithmetic.ts";
import { detach } from "../../src/ops/unary.ts";

/** Other rules than the right ones. */
export type Fault = (right: Operation) => Partial<Pick<Operation, "vjp" | "jvp">>;

/** Puts other rules in the place of those of a primitive, wherever it is used, for as long as `work` takes. */
export async function planted<T>(primitive: string, fault: Fault, work: () => Promise<T>): Promise<T> {
  const { apply } = Graph.prototype;
  let isUsed = false;
  const spy = vi.spyOn(Graph.prototype, "apply").mockImplementation(function (this: Graph, operation, inputs) {
    if (operation.name !== primitive) return apply.call(this, operation, inputs);
    isUsed = true;
    return apply.call(this, { ...operation, ...fault(operation) }, inputs);
  });
  try {
    const result = await work();
    expect(isUsed).toBe(true);
    return result;
  } finally {
    spy.mockRestore();
  }
}

/** Right in value; its derivative in the inputs of the primitive is so many times the right one. */
export function curvature(factor: number): Fault {
  return ({ vjp }) => ({
    vjp: (node, cotangent, input) => {
      const part = vjp?.(node, cotangent, input);
      const held = vjp?.(node, detach(cotangent), input);
      return part && held && add(part, mul(sub(held, detach(held)), factor - 1));
    },
  });
}

/** Its pullback is so many times the right one. */
export function pullback(factor: number): Fault {
  return ({ vjp }) => ({
    vjp: (...args) => {
      const right = vjp?.(...args);
      return right && mul(right, factor);
    },
  });
}
