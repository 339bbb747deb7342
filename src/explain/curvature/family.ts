import type { Family } from "../term.ts";
import { empiricalFisher } from "./empirical-fisher.ts";
import { fisher } from "./fisher.ts";
import { gaussNewton } from "./gauss-newton.ts";
import { hessian } from "./hessian.ts";
import { negativeCurvature } from "./negative-curvature.ts";
import { saddle } from "./saddle.ts";
import { sensitivity } from "./sensitivity.ts";

export const curvatureTerms: Family = {
  title: "Curvature",
  terms: [hessian, gaussNewton, fisher, empiricalFisher, negativeCurvature, saddle, sensitivity],
};
