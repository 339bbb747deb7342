import { requireUnique } from "../util/require-unique.ts";
import { exchange } from "./exchange.ts";
import { hmc } from "./hmc.ts";
import { mala } from "./mala.ts";
import type { Sampler } from "./sampler.ts";

/** Every sampler, in the order of the help. */
export const SAMPLERS: readonly Sampler[] = [hmc, mala, exchange];

requireUnique(SAMPLERS, ({ name }) => name, "samplers");
