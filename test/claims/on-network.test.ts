import { describe, expect, it } from "vitest";
import { exchanged, judge } from "../../src/claims/claim/judge.ts";
import { decayedCurvature } from "../../src/claims/conditioning/decayed-curvature.ts";
import { descentLemma } from "../../src/claims/geometry/descent-lemma.ts";
import { quadraticModel } from "../../src/claims/geometry/quadratic-model.ts";
import { stableSteps } from "../../src/claims/geometry/stable-steps.ts";
import { steepestDirection } from "../../src/claims/geometry/steepest-direction.ts";
import { strictSaddles } from "../../src/claims/geometry/strict-saddles.ts";
import { symmetricHessian } from "../../src/claims/geometry/symmetric-hessian.ts";
import type { Claim } from "../../src/claims/claim/define-claim.ts";
import { blockSharpness } from "../../src/claims/flatness/block-sharpness.ts";
import { flatMinima } from "../../src/claims/flatness/flat-minima.ts";
import { edgeOfStability } from "../../src/claims/flatness/edge-of-stability.ts";
import { filterNormalised } from "../../src/claims/flatness/filter-normalised.ts";
import { randomSlice } from "../../src/claims/flatness/random-slice.ts";
import { rescaledSharpness } from "../../src/claims/flatness/rescaled-sharpness.ts";
import { sharpnessAwareBounce } from "../../src/claims/flatness/sharpness-aware-bounce.ts";
import { worstNeighbour } from "../../src/claims/flatness/worst-neighbour.ts";
import { lingering } from "../../src/claims/saddles/lingering.ts";
import { rateOfEscape } from "../../src/claims/saddles/rate-of-escape.ts";
import { deadUnits } from "../../src/claims/symmetry/dead-units.ts";
import { identicalUnits } from "../../src/claims/symmetry/identical-units.ts";
import { scalingManifold } from "../../src/claims/symmetry/scaling-manifold.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import type { ProblemSubject } from "../../src/runs/subject.ts";
import { array } from "../support/build-problem.ts";
import { openedNets } from "../support/open-net.ts";

const open = openedNets();

const random = createRandom(3);
const data = { x: array([20, 4], random.normalVector(80)), y: array([20, 2], random.normalVector(40)) };

function measured({ network }: Claim, net: string) {
  const subject: ProblemSubject = {
    problem: open(net, data),
    weightsOf: () => {
      throw new Error("no claim asks for it");
    },
    fileWith: () => undefined,
  };
  if (network === undefined) throw new Error("it is about no network");
  return network.measure(subject, { random: random.split(net), context: {} });
}

describe("on a network", () => {
  it.each([
    ["A1", "mlp:4-6-2:tanh", quadraticModel],
    ["A1", "mlp:4-6-2:relu", quadraticModel],
    ["A2", "mlp:4-6-2:tanh", steepestDirection],
    ["A2", "mlp:4-6-5-2:relu", steepestDirection],
    ["A3", "mlp:4-6-2:tanh", symmetricHessian],
    ["A3", "mlp:4-6-5-2:relu", symmetricHessian],
    ["A5", "mlp:4-6-2:tanh", descentLemma],
    ["A5", "mlp:4-6-2:relu", descentLemma],
    ["A6", "mlp:4-6-2:tanh", stableSteps],
    ["A6", "mlp:4-6-2:relu", stableSteps],
    ["C1", "mlp:4-3-2:tanh", rateOfEscape],
    ["C1", "deep-linear:4-3-2", rateOfEscape],
    ["C2", "deep-linear:4-3-2", lingering],
    ["D12", "mlp:4-6-2:tanh", decayedCurvature],
    ["D12", "mlp:4-6-2:relu", decayedCurvature],
    ["E4", "mlp:4-6-5-2:relu", scalingManifold],
    ["E4", "deep-linear:4-3-2", scalingManifold],
    ["E6", "mlp:4-6-2:relu", deadUnits],
    ["E6", "mlp:4-6-5-2:relu", deadUnits],
    ["E10", "mlp:4-6-2:tanh", identicalUnits],
    ["E10", "mlp:4-6-5-2:relu", identicalUnits],
    ["F2", "mlp:4-6-2:tanh", worstNeighbour],
    ["F2", "mlp:4-6-5-2:relu", worstNeighbour],
    ["F4", "mlp:4-6-5-2:relu", rescaledSharpness],
    ["F4", "deep-linear:4-3-2", rescaledSharpness],
    ["F6", "mlp:4-6-5-2:relu", filterNormalised, "fails"],
    ["F6", "deep-linear:4-3-2", filterNormalised, "fails"],
    ["F7", "mlp:4-6-2:tanh", randomSlice, "fails"],
    ["F10", "mlp:4-6-2:tanh", edgeOfStability],
    ["F10", "mlp:4-6-5-2:relu", edgeOfStability],
  ])("%s has its verdict of %s", async (_id, net, claim, verdict = "holds") => {
    const { evidence } = await measured(claim, net);
    const { says } = claim.network?.asks ?? claim;
    expect(judge(says, evidence), JSON.stringify(evidence)).toEqual({ verdict, accepted: true, rivalExcluded: true });
    expect(judge(says, exchanged(evidence)).accepted).toBe(false);
  });

  it("A8 fails as people put it: a saddle of deep-linear:4-3-2 with curvatures of 0 is left", async () => {
    const { evidence } = await measured(strictSaddles, "deep-linear:4-3-2");
    expect(evidence[0].name).toMatch(
      /saddle with [1-9]\d* negative, \d+ positive and [1-9]\d* curvatures that are not told/,
    );
    expect(judge(strictSaddles.says, evidence)).toEqual({ verdict: "fails", accepted: true, rivalExcluded: true });
  });

  it.each([
    ["F1", "mlp:4-6-2:tanh", flatMinima],
    ["F1", "mlp:4-6-2:relu", flatMinima],
  ])("%s holds of %s under a condition", async (_id, net, claim) => {
    const { evidence } = await measured(claim, net);
    expect(judge(claim.says, evidence), JSON.stringify(evidence)).toEqual({
      verdict: "conditional",
      accepted: true,
      rivalExcluded: true,
    });
    expect(judge(claim.says, exchanged(evidence)).accepted).toBe(false);
  });

  it.each(["mlp:4-6-2:tanh", "mlp:4-6-2:relu"])("F5 fails as said of %s", async (net) => {
    const { evidence } = await measured(sharpnessAwareBounce, net);
    expect(judge(sharpnessAwareBounce.says, evidence), JSON.stringify(evidence)).toEqual({
      verdict: "fails",
      accepted: true,
      rivalExcluded: true,
    });
  });

  it.each(["mlp:4-6-2:tanh", "deep-linear:4-3-2"])("F15 fails as said of %s", async (net) => {
    const { evidence } = await measured(blockSharpness, net);
    expect(judge(blockSharpness.says, evidence), JSON.stringify(evidence)).toEqual({
      verdict: "fails",
      accepted: true,
      rivalExcluded: true,
    });
    expect(judge(blockSharpness.says, exchanged(evidence)).accepted).toBe(false);
  });

  it.each([
    ["E4", scalingManifold],
    ["F4", rescaledSharpness],
  ])("%s is refused where no unit can be scaled", async (_id, claim) => {
    await expect(measured(claim, "mlp:4-6-2:tanh")).rejects.toMatchObject({ code: "no-scaling" });
  });

  it("E6 is refused where no unit rectifies", async () => {
    await expect(measured(deadUnits, "mlp:4-6-2:tanh")).rejects.toMatchObject({ code: "no-rectifier" });
  });

  it("C1 is refused where there is no saddle", async () => {
    await expect(measured(rateOfEscape, "mlp:4-2")).rejects.toMatchObject({ code: "no-saddle" });
  });

  it("F10 fails of a linear network, whose curvature no step changes", async () => {
    const { evidence } = await measured(edgeOfStability, "mlp:4-2");
    // λmax is tracked to 2 %.
    expect(Math.abs(evidence[0].measured / 1.5 - 1)).toBeLessThan(0.02);
    expect(judge("law", evidence)).toEqual({ verdict: "fails", accepted: false, rivalExcluded: false });
  });
});
