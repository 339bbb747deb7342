import { sampleHamiltonian } from "./hamiltonian.ts";
import type { Sampler } from "./sampler.ts";

/** Hamiltonian Monte Carlo. */
export const hmc: Sampler = {
  name: "hmc",
  title: "Hamiltonian Monte Carlo",
  summary: "trajectories of many exact gradients, accepted or not: the surest where a gradient is cheap",
  source: "Duane et al. 1987; Hoffman, Radul & Sountsov 2021",
  gradientsEach: 20,
  isCoupled: false,
  usesBatches: false,
  sample: (...asked) => sampleHamiltonian({ acceptance: 0.8, mostSteps: 1024 }, ...asked),
};
