import { requireUnique } from "../util/require-unique.ts";
import { exchange } from "./exchange.ts";
import { hmc } from "./hmc.ts";
import { mala } from "./mala.ts";
import type { Sampler } from "./sampler.ts";
import { sgld } from "./sgld.ts";

/** Every sampler, in the order of the help. */
export const SAMPLERS: readonly Sampler[] = [hmc, mala, exchange, sgld];

requireUnique(SAMPLERS, ({ name }) => name, "samplers");
