/** @thorough Two thousand walks in ten thousand dimensions: half a minute. */

import { describe, expect, it } from "vitest";
import { escapeSteps } from "../support/escape-steps.ts";

describe("perturbed gradient descent at full size (C7)", () => {
  it(
    "leaves a saddle of 100 to 10 000 dimensions within 0.5 % of the steps that theory has",
    { timeout: 300_000 },
    () => {
      for (const d of [100, 1000, 10_000]) {
        const { measured, predicted } = escapeSteps(d, 2000);
        expect(Math.abs(measured / predicted - 1), `d = ${d}`).toBeLessThan(0.005);
      }
    },
  );
});
