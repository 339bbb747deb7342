/** @thorough Pairs of trained networks: half a minute. */

import { afterAll, describe, expect, it } from "vitest";
import type { Freedom } from "../src/graph/unit-freedom.ts";
import type { Problem } from "../src/problem/problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { findAlignment } from "../src/landscape/connect/find-alignment.ts";
import { Terrain } from "../src/landscape/terrain.ts";
import { aligned, balancedPair, matchPair, startingElement, weightEvidence } from "../src/symmetry/align.ts";
import { balance } from "../src/symmetry/balance.ts";
import { deriveSymmetry } from "../src/symmetry/derive-symmetry.ts";
import { randomElement } from "../src/symmetry/random-element.ts";
import { applyElement } from "../src/symmetry/unit-map.ts";
import { openMeasured, openPair, type PairName, PAIRS } from "./support/pair-problem.ts";

const opened = new Map(PAIRS.map((name) => [name, openPair(name)]));
afterAll(async () => {
  for (const { problem } of opened.values()) await problem.close();
});

function pairOf(name: PairName) {
  const found = opened.get(name);
  if (!found) throw new RangeError(`no pair ${name}`);
  const { problem } = found;
  const { graph, imported } = problem.network;
  const network = { outputs: [graph.outputs], parameters: imported.parameters, tensors: problem.space.tensors };
  return { ...found, network };
}

/** The largest difference of an output, relative to the largest output. */
async function outputDifference(problem: Problem, a: Float64Array, b: Float64Array): Promise<number> {
  await using here = problem.at(a);
  await using there = problem.at(b);
  const [x, y] = [await here.outputs(), await there.outputs()];
  const largest = x.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  return x.reduce((most, each, i) => Math.max(most, Math.abs(each - y[i])), 0) / largest;
}

async function lossAt(problem: Problem, theta: Float64Array): Promise<number> {
  await using point = problem.at(theta);
  return (await point.value()).loss;
}

/** What units of each class may be sent through, and how many at each of how many places. */
const GROUPS: Readonly<Record<PairName, readonly string[]>> = {
  mlp: ["monomial 64", "monomial 64"],
  lenet: ["monomial 8", "monomial 12", "monomial 24"],
  resnet: ["permutation 8", "permutation 8", "permutation 12", "permutation 12"],
  // Residual stream; heads, queries with keys and values in each; hidden units; of two layers.
  vit: ["centred 16", ...layer(), ...layer()],
  gpt: ["orthogonal 16", ...layer(), ...layer()],
};

function layer(): string[] {
  return ["permutation 2", "general 8 in each of 2", "general 8 in each of 2", "permutation 32"];
}

describe.each(PAIRS)("the symmetries of the network %s", (name) => {
  it("are read off its graph", () => {
    const { classes } = deriveSymmetry(pairOf(name).network).symmetry;
    const said = classes.map(
      ({ freedom, extent, places }) =>
        `${freedom} ${extent}${places === undefined ? "" : ` in each of ${classes[places].extent}`}`,
    );
    expect(said).toEqual(GROUPS[name]);
  });

  it.each<Freedom>(["permutation", "general"])("leave its outputs as they are: random ones (%s)", async (within) => {
    const { problem, network } = pairOf(name);
    const theta = problem.point.parameters;
    const symmetry = deriveSymmetry(network, { within });
    const { theta: balanced, back } = balance(symmetry, theta);
    expect(await outputDifference(problem, theta, balanced)).toBeLessThan(1e-12);
    const moved = applyElement(symmetry.symmetry, randomElement(symmetry.symmetry, createRandom(3)), balanced);
    expect(Math.max(...moved.map((x, i) => Math.abs(x - balanced[i])))).toBeGreaterThan(0.1);
    expect(await outputDifference(problem, theta, moved)).toBeLessThan(1e-12);
    expect(await outputDifference(problem, theta, back(moved))).toBeLessThan(1e-12);
  });

  it.each<Freedom>(["permutation", "general"])("are undone by matching weights (%s)", async (within) => {
    const { problem, network } = pairOf(name);
    const theta = problem.point.parameters;
    const symmetry = deriveSymmetry(network, { within });
    const { theta: balanced, back } = balance(symmetry, theta);
    const copy = back(applyElement(symmetry.symmetry, randomElement(symmetry.symmetry, createRandom(3)), balanced));
    const pair = balancedPair(network, theta, copy, within);
    const random = createRandom(5);
    const start = startingElement(pair.symmetry.symmetry, 1, random);
    const { element, steps } = await matchPair(pair, weightEvidence(pair), start, random);
    expect(steps.every((agreement, i) => i === 0 || agreement > steps[i - 1])).toBe(true);
    const found = aligned(pair, element);
    const size = Math.sqrt(theta.reduce((sum, x) => sum + x * x, 0));
    const apart = Math.sqrt(theta.reduce((sum, x, i) => sum + (x - found[i]) ** 2, 0));
    expect(apart / size).toBeLessThan(within === "permutation" ? 1e-15 : 1e-5);
    const loss = await lossAt(problem, theta);
    const middle = theta.map((x, i) => (x + found[i]) / 2);
    expect((await lossAt(problem, middle)) - loss).toBeLessThan(1e-6 * loss);
  });
});

describe("two transformers that were trained apart", () => {
  it("are parted by less than half by maps that are no exchanges, and by less than exchanges leave", async () => {
    const { problem, other } = pairOf("vit");
    const terrain = Terrain.open(problem);
    const ends = { mine: problem.point.parameters, theirs: other };
    const middle = await terrain.loss(ends.mine.map((x, i) => (x + other[i]) / 2));
    const leftBy = async (within: Freedom) => {
      const found = await findAlignment(terrain, ends, { within, starts: 1, steps: 60 }, createRandom(2), {});
      return found?.attempts[0].middle ?? Number.NaN;
    };
    const [exchanged, turned] = [await leftBy("permutation"), await leftBy("general")];
    expect(turned).toBeLessThan(middle / 2);
    expect(turned).toBeLessThan(exchanged);
  });
});

/** How much higher the loss is between two networks than on the line between their losses, at the highest of three places. */
async function riseOf(loss: (theta: Float64Array) => Promise<number>, a: Float64Array, b: Float64Array) {
  const [first, last] = [await loss(a), await loss(b)];
  let highest = 0;
  for (const t of [1 / 4, 1 / 2, 3 / 4]) {
    const between = await loss(a.map((x, i) => (1 - t) * x + t * b[i]));
    highest = Math.max(highest, between - ((1 - t) * first + t * last));
  }
  return highest;
}

// The narrow `resnet` is the hard case: about 0.7 of what parts it stays, with whatever was tried.
describe.each([
  { name: "gpt-text", steps: 60, onTest: true, left: 0.5 },
  { name: "resnet-wide", steps: 0, onTest: true, left: 0.5 },
  // Learnt by heart: its loss on other examples is above that of guessing. On all its data 0.48 to 0.51 are left, by the seed.
  { name: "gpt", steps: 100, onTest: false, left: 0.55 },
] as const)("of what parts the two networks of $name", ({ name, steps, onTest, left }) => {
  it(`less than ${left} is left, and of transformers less than exchanges leave`, async () => {
    const [data, test] = [openMeasured(name, "data"), openMeasured(name, "test")];
    const [terrain, unseen] = [Terrain.open(data.problem), Terrain.open(test.problem)];
    try {
      const mine = terrain.lift(data.problem.point.parameters, data.model);
      const theirs = terrain.problem.space.flatten(data.weights);
      const losses = {
        data: (theta: Float64Array) => terrain.loss(theta),
        test: async (theta: Float64Array) => lossAt(unseen.problem, await terrain.settled(theta)),
      };
      const alignedWithin = async (within: Freedom) => {
        const found = await findAlignment(terrain, { mine, theirs }, { within, starts: 1, steps }, createRandom(2), {});
        return found?.attempts[0].theta ?? theirs;
      };
      const [exchanged, turned] = [await alignedWithin("permutation"), await alignedWithin("general")];
      for (const set of onTest ? (["data", "test"] as const) : (["data"] as const)) {
        const [before, byExchanges, after] = [
          await riseOf(losses[set], mine, theirs),
          await riseOf(losses[set], mine, exchanged),
          await riseOf(losses[set], mine, turned),
        ];
        expect(Math.min(after, byExchanges)).toBeLessThan(left * before);
        if (name !== "resnet-wide") expect(after).toBeLessThan(byExchanges);
      }
    } finally {
      await terrain.close();
      await unseen.close();
      await data.problem.close();
      await test.problem.close();
    }
  });
});

it("leaving units as they are is among what is tried", async () => {
  const { problem } = pairOf("lenet");
  const terrain = Terrain.open(problem);
  const ends = { mine: problem.point.parameters, theirs: problem.point.parameters };
  const found = await findAlignment(terrain, ends, { within: "general", starts: 1, steps: 0 }, createRandom(2), {});
  const asIs = found?.attempts.find(({ by }) => by === "none");
  expect(asIs).toMatchObject({ distance: 0, middle: await terrain.loss(ends.mine) });
  expect(found?.attempts[0].middle).toBeLessThanOrEqual(asIs?.middle ?? Number.NaN);
});

describe("the search for maps ends", () => {
  const searched = async (context: { outOfTime?: () => boolean }) => {
    const { problem, network } = pairOf("mlp");
    const theta = problem.point.parameters;
    const { symmetry } = deriveSymmetry(network, { within: "permutation" });
    const moved = applyElement(symmetry, randomElement(symmetry, createRandom(3)), theta);
    const options = { within: "permutation", starts: 3, steps: 5 } as const;
    const ends = { mine: theta, theirs: moved };
    return findAlignment(Terrain.open(problem), ends, options, createRandom(2), context);
  };

  it("with the first that leaves next to nothing of the rise between the two", async () => {
    const found = await searched({});
    expect(found?.isWhole).toBe(true);
    expect(found?.attempts.map(({ by }) => by)).toEqual(["activations", "none"]);
    expect(found?.attempts[0].distance).toBeLessThan(1e-12);
  });

  it("where its time is up, with what there is", async () => {
    const found = await searched({ outOfTime: () => true });
    expect(found?.isWhole).toBe(false);
    expect(found?.attempts.map(({ by }) => by)).toEqual(["none"]);
  });
});

describe("two networks that were trained apart", () => {
  it("compute what they did when they are brought into one order, and lie closer", async () => {
    for (const name of PAIRS) {
      const { problem, other, network } = pairOf(name);
      const theta = problem.point.parameters;
      const pair = balancedPair(network, theta, other);
      const random = createRandom(5);
      const start = startingElement(pair.symmetry.symmetry, 0, random);
      const found = aligned(pair, (await matchPair(pair, weightEvidence(pair), start, random)).element);
      expect(await outputDifference(problem, other, found)).toBeLessThan(1e-12);
      const apart = (a: Float64Array) => Math.hypot(...theta.map((x, i) => x - a[i]));
      expect(apart(found)).toBeLessThan(apart(other));
    }
  });
});
