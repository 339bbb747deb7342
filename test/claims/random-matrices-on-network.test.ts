import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Claim } from "../../src/claims/claim/define-claim.ts";
import { exchanged, judge } from "../../src/claims/claim/judge.ts";
import { flatAtInterpolation } from "../../src/claims/random-matrices/flat-at-interpolation.ts";
import { gradientOnTop } from "../../src/claims/random-matrices/gradient-on-top.ts";
import { noSemicircle } from "../../src/claims/random-matrices/no-semicircle.ts";
import { shallowNegative } from "../../src/claims/random-matrices/shallow-negative.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import type { Problem } from "../../src/problem/problem.ts";
import type { ProblemSubject } from "../../src/runs/subject.ts";
import { array } from "../support/build-problem.ts";
import { openedNets } from "../support/open-net.ts";
import { openTrained, readNetworks } from "../support/trained-network.ts";

const networks = readNetworks((file) =>
  Uint8Array.from(readFileSync(new URL(`../trained/networks/${file}`, import.meta.url))),
);

const subjectOf = (problem: Problem): ProblemSubject => ({
  problem,
  weightsOf: () => {
    throw new Error("no claim asks for it");
  },
  fileWith: () => undefined,
});

const open = openedNets();
const random = createRandom(5);

/** A network with the mean squared error. */
function asked(net: string, outputs: number) {
  const data = {
    x: array([20, 4], random.normalVector(80)),
    y: array([20, outputs], random.normalVector(20 * outputs)),
  };
  return subjectOf(open(net, data));
}

describe("of networks that they cannot be put to", () => {
  it("B13 is refused where the loss is convex", async () => {
    const measured = shallowNegative.network?.measure(asked("mlp:4-2", 2), { random, context: {} });
    await expect(measured).rejects.toMatchObject({ code: "no-negative-curvature" });
  });

  it("B13 is refused where nothing tells that the weights were trained", async () => {
    const measured = shallowNegative.network?.measure(asked("mlp:4-6-2:tanh", 2), { random, context: {} });
    await expect(measured).rejects.toMatchObject({ code: "not-trained" });
  });

  it("all curvatures are refused where there are too many", async () => {
    const measured = noSemicircle.network?.measure(asked("mlp:4-700-2", 2), { random, context: {} });
    await expect(measured).rejects.toMatchObject({ code: "too-many-parameters" });
  });
});

const FITTED = ["tanh-fitted-float64", "silu-layernorm-fitted-float32"];

describe.each(networks.filter(({ name }) => FITTED.includes(name)).map((network) => [network.name, network] as const))(
  "on %s",
  (_name, network) => {
    it.each<readonly [string, Claim, string]>([
      ["B11", flatAtInterpolation, "holds"],
      ["B13", shallowNegative, "holds"],
      ["B14", gradientOnTop, "fails"],
      ["B15", noSemicircle, "holds"],
    ])("%s comes to a verdict, and to none with the laws exchanged", async (_id, claim, verdict) => {
      await using problem = openTrained(network);
      const subject = {
        problem,
        weightsOf: () => {
          throw new Error("no claim asks for it");
        },
        fileWith: () => undefined,
      };
      const found = await claim.network?.measure(subject, { random: createRandom(3), context: {} });
      const evidence = found?.evidence ?? [];
      expect(judge(claim.says, evidence), JSON.stringify(evidence)).toEqual({
        verdict,
        accepted: true,
        rivalExcluded: true,
      });
      expect(judge(claim.says, exchanged(evidence)).accepted).toBe(false);
    });
  },
);
