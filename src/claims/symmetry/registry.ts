import { permutedCopies } from "./permuted-copies.ts";
import { twoWellSamples } from "./two-well-samples.ts";

export const SYMMETRY = [permutedCopies, twoWellSamples] as const;
