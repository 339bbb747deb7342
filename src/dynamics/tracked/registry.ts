import { requireUnique } from "../../util/require-unique.ts";
import { balance } from "./balance.ts";
import { batchSharpness } from "./batch-sharpness.ts";
import { noise } from "./noise.ts";
import { sharpness } from "./sharpness.ts";
import { trace } from "./trace.ts";
import type { Tracked } from "./tracked.ts";
import { units } from "./units.ts";

/** Everything that can be measured while a network trains, in the order of the help. */
export const TRACKED: readonly Tracked[] = [sharpness, batchSharpness, trace, noise, units, balance];

requireUnique(TRACKED, ({ name }) => name, "tracked quantities");
