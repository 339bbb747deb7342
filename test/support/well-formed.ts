import { expect } from "vitest";
import { z } from "zod";
import type { Inspect, Operation } from "../../src/graph/value.ts";
import { validateGraph } from "../../src/graph/validate-graph.ts";
import { OPAQUE_ATTRIBUTES } from "../../src/onnx/opaque-op.ts";
import { KERNELS, OPS } from "../../src/ops/registry.ts";

const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map([...OPS, ...KERNELS].map((op) => [op.name, op.attributes]));

/** The schema of the attributes of every operation that exists: primitives, kernels, and nodes that are kept as they are. */
export function attributesOf({ name, attributes }: Operation): z.ZodType | undefined {
  return "opaque" in attributes ? OPAQUE_ATTRIBUTES : SCHEMAS.get(name);
}

/** Fails where what a pass made is no well-formed graph. */
export const expectWellFormed: Inspect = (pass, outputs) => {
  expect(validateGraph(outputs, { attributesOf }), `after ${pass}`).toEqual([]);
};
