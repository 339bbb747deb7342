import { positiveEigenvalues } from "./positive-eigenvalues.ts";

export const GEOMETRY = [positiveEigenvalues] as const;
