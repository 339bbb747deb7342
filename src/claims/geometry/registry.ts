import { positiveEigenvalues } from "./positive-eigenvalues.ts";
import { strictSaddles } from "./strict-saddles.ts";

export const GEOMETRY = [positiveEigenvalues, strictSaddles] as const;
