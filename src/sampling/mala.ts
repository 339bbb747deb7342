import { sampleHamiltonian } from "./hamiltonian.ts";
import type { Sampler } from "./sampler.ts";

/** Metropolis-adjusted Langevin: a trajectory of one step. */
export const mala: Sampler = {
  name: "mala",
  title: "Langevin with Metropolis correction",
  summary: "one exact gradient a proposal, accepted or not",
  source: "Roberts & Tweedie 1996",
  gradientsEach: 1,
  isCoupled: false,
  usesBatches: false,
  sample: (...asked) => sampleHamiltonian({ acceptance: 0.574, mostSteps: 1 }, ...asked),
};
