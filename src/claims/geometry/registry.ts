import { positiveEigenvalues } from "./positive-eigenvalues.ts";
import { stableSteps } from "./stable-steps.ts";
import { strictSaddles } from "./strict-saddles.ts";

export const GEOMETRY = [stableSteps, positiveEigenvalues, strictSaddles] as const;
