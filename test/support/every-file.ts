import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import fc from "fast-check";
import { afterEach, vi } from "vitest";
import { reuseSessions } from "./reused-sessions.ts";

// The same cases on every run, so that a red build is a change and not a draw; `PROPERTY_SEED=random npm test` draws new ones.
const { PROPERTY_SEED = "1" } = process.env;
if (PROPERTY_SEED !== "random") fc.configureGlobal({ seed: Number(PROPERTY_SEED) });

reuseSessions();

// As many processes as there are cores run files: threads that share what is small in each of them would wait for each other. The
// programs that tests start take all that there are.
os.availableParallelism = () => 1;
syncBuiltinESMExports();

// One process runs many files with the same modules: what a test changes of them is put back.
afterEach(() => vi.restoreAllMocks());
