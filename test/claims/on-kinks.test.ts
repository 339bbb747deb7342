import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judge } from "../../src/claims/claim/judge.ts";
import { quadraticModel } from "../../src/claims/geometry/quadratic-model.ts";
import { stableSteps } from "../../src/claims/geometry/stable-steps.ts";
import { steepestDirection } from "../../src/claims/geometry/steepest-direction.ts";
import { symmetricHessian } from "../../src/claims/geometry/symmetric-hessian.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { openTrained, readNetworks } from "../support/trained-network.ts";

const networks = readNetworks((file) =>
  Uint8Array.from(readFileSync(new URL(`../trained/networks/${file}`, import.meta.url))),
);

// Of the first, kinks lie closer to the weights than any step of differences; the losses of the others are smooth.
describe("claims on trained networks", () => {
  it.each([
    ["leaky-huge-float64", { A1: "fails", A2: "holds", A3: "undecided", A6: "undecided" }],
    ["tanh-fitted-float64", { A1: "holds", A2: "holds", A3: "holds", A6: "holds" }],
    ["attention-untrained-float32", { A1: "holds", A2: "holds", A3: "holds", A6: "holds" }],
  ])("differences over kinks say nothing against a derivative: %s", async (name, expected) => {
    const network = networks.find((each) => each.name === name);
    if (!network) throw new RangeError("no such network");
    const problem = openTrained(network);
    const subject = {
      problem,
      weightsOf: () => {
        throw new Error("no claim asks for it");
      },
      fileWith: () => undefined,
    };
    const found: Record<string, string> = {};
    for (const { id, says, network: own } of [quadraticModel, steepestDirection, symmetricHessian, stableSteps]) {
      const concluded = await own?.measure(subject, { random: createRandom(0).split(id), context: {} });
      if (concluded) found[id] = judge(says, concluded.evidence).verdict;
    }
    expect(found).toEqual(expected);
    await problem.close();
  });

  it("is refused where there is no curvature", async () => {
    const network = networks.find((each) => each.name === "linear-mae-tiny-float32");
    if (!network) throw new RangeError("no such network");
    const problem = openTrained(network);
    const subject = { problem, weightsOf: () => expect.fail(), fileWith: () => undefined };
    const desk = { random: createRandom(0), context: {} };
    await expect(symmetricHessian.network?.measure(subject, desk)).rejects.toMatchObject({ code: "no-curvature" });
    await expect(stableSteps.network?.measure(subject, desk)).rejects.toMatchObject({ code: "no-positive-curvature" });
    await expect(quadraticModel.network?.measure(subject, desk)).rejects.toMatchObject({ code: "all-quadratic" });
    await problem.close();
  });
});
