import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OPS } from "../src/ops/registry.ts";
import { checkCases } from "./support/check-cases.ts";
import { OP_ROWS } from "./support/op-rows.ts";

const SEED = 20_260;

test("every primitive has a row, and every row a primitive", () => {
  expect(new Set(OP_ROWS.map(({ op }) => op))).toEqual(new Set(OPS.map(({ name }) => name)));
});

describe("primitives", () => {
  for (const { op, cases, runs = 8, heldConstant } of OP_ROWS) {
    test(op, async () => {
      const drawn = fc.sample(cases, { seed: SEED, numRuns: runs });
      const errors = await checkCases(drawn, { seed: SEED, heldConstant, primitive: op });
      if (process.env.THALWEG_ERRORS) console.log(op, errors);
    });
  }
});
