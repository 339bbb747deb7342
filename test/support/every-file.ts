import fc from "fast-check";
import { afterEach, vi } from "vitest";

// The same cases on every run, so that a red build is a change and not a draw; `PROPERTY_SEED=random npm test` draws new ones.
const { PROPERTY_SEED = "1" } = process.env;
if (PROPERTY_SEED !== "random") fc.configureGlobal({ seed: Number(PROPERTY_SEED) });

// One process runs many files with the same modules: what a test changes of them is put back.
afterEach(() => vi.restoreAllMocks());
