import type { Family } from "../term.ts";
import { confidenceInterval } from "./confidence-interval.ts";
import { hutchPlusPlus } from "./hutch-plus-plus.ts";
import { hutchinson } from "./hutchinson.ts";
import { lanczos } from "./lanczos.ts";
import { residual } from "./residual.ts";
import { ritzValue } from "./ritz-value.ts";
import { slq } from "./slq.ts";
import { xtrace } from "./xtrace.ts";

export const estimatorsTerms: Family = {
  title: "Estimators and their proofs",
  terms: [hutchinson, hutchPlusPlus, xtrace, lanczos, ritzValue, slq, residual, confidenceInterval],
};
