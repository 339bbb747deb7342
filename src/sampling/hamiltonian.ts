import type { RandomStream } from "../random/random-stream.ts";
import { type RunContext, throwIfInterrupted } from "../util/run-context.ts";
import { HamiltonianChains, type HamiltonianRule } from "./hamiltonian-chains.ts";
import type { Density, Draws, Sampled } from "./sampler.ts";

/** Hamiltonian Monte Carlo of each density by itself ({@link HamiltonianChains}), with the same random numbers in all. */
export async function sampleHamiltonian(
  rule: HamiltonianRule,
  densities: readonly Density[],
  size: Sampled,
  random: RandomStream,
  context: RunContext,
): Promise<Draws[]> {
  const drawn: Draws[] = [];
  for (const density of densities) drawn.push(await sampleOne(rule, density, size, random, context));
  return drawn;
}

async function sampleOne(
  rule: HamiltonianRule,
  density: Density,
  size: Sampled,
  random: RandomStream,
  context: RunContext,
): Promise<Draws> {
  const { warmup, draws } = size;
  const chains = await HamiltonianChains.begin(rule, density, size, random);
  for (let i = 0; i < warmup && context.outOfTime?.() !== true; i++) {
    throwIfInterrupted(context);
    const estimate = await chains.adapt();
    context.progress?.({ stage: "warm-up", done: i + 1, total: warmup, estimate });
  }
  for (let i = 0; i < draws && context.outOfTime?.() !== true; i++) {
    throwIfInterrupted(context);
    await chains.propose();
    chains.note();
    context.progress?.({ stage: "sampling", done: i + 1, total: draws });
  }
  return chains.draws();
}
