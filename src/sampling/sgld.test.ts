import { expect, it } from "vitest";
import { dot } from "../linalg/vector.ts";
import { createRandom } from "../random/random-stream.ts";
import type { TemperedDensity, TemperedPotential } from "./sampler.ts";
import { sgld } from "./sgld.ts";

const EXAMPLES = 80;
const BATCH = 4;
const DIMENSION = 3;
const TEMPERATURE = 20;
/** What one example in forty counts. */
const HEAVY = 60;

const random = createRandom(2);
const features = Array.from({ length: EXAMPLES }, (_, i) => random.split(`${i}`).normalVector(DIMENSION));
const weights = features.map((_, i) => (i % 40 === 0 ? HEAVY : 1));

/** t times the mean of wᵢ (aᵢᵀx)²/2 over the examples, and |x|²/2: a normal law, whose batches differ by their heavy examples. */
function weightedSquares(): TemperedDensity {
  const slopeOn = (x: Float64Array, examples: readonly number[]) => {
    const slope = x.slice();
    for (const i of examples) {
      const factor = (TEMPERATURE * weights[i] * dot(features[i], x)) / examples.length;
      features[i].forEach((a, k) => (slope[k] += factor * a));
    }
    return slope;
  };
  const all = features.map((_, i) => i);
  const potentialAt = (x: Float64Array): TemperedPotential => {
    const gradient = slopeOn(x, all);
    const energy = dot(gradient, x) / 2;
    return { energy, gradient, note: () => [energy], tempered: energy, at: () => expect.unreachable() };
  };
  return {
    dimension: DIMENSION,
    groups: [DIMENSION],
    centre: new Float64Array(DIMENSION),
    inverseTemperature: TEMPERATURE,
    start: () => new Float64Array(DIMENSION),
    at: async (places) => places.map(potentialAt),
    slopesOnBatch: async (places, stream) => {
      const batch = [...stream.permutation(EXAMPLES).subarray(0, BATCH)];
      return places.map((x) => slopeOn(x, batch));
    },
    async *slopesOnDivision(places, stream) {
      const order = [...stream.permutation(EXAMPLES)];
      for (let end = BATCH; end <= EXAMPLES; end += BATCH)
        yield places.map((x) => slopeOn(x, order.slice(end - BATCH, end)));
    },
    batchShare: BATCH / EXAMPLES,
  };
}

it("is as warm as it is to be where few examples carry the noise of the batches", async () => {
  const density = weightedSquares();
  const energies: number[] = [];
  for (let seed = 0; seed < 12; seed++) {
    const [{ noted }] = await sgld.sample([density], { chains: 4, warmup: 60, draws: 300 }, createRandom(seed), {});
    energies.push(noted.flat().reduce((sum, [energy]) => sum + energy, 0) / noted.flat().length);
  }
  const mean = energies.reduce((sum, each) => sum + each / energies.length, 0);
  const variance = energies.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (energies.length - 1);
  // E U = d/2 of a normal law; batches may add 2 % of the noise to it.
  const off = mean - DIMENSION / 2;
  expect(Math.abs(off)).toBeLessThan(0.03 * DIMENSION + 3 * Math.sqrt(variance / energies.length));
  // A chain that the batches heat is several times as warm, at most seeds.
  expect(Math.sqrt(variance) / mean).toBeLessThan(0.15);
});
