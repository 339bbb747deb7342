import { adaptiveSharpness } from "./adaptive-sharpness.ts";
import { bulk } from "./bulk.ts";
import { conditionNumber } from "./condition-number.ts";
import { confidenceInterval } from "./confidence-interval.ts";
import { criticalBatchSize } from "./critical-batch-size.ts";
import { deadUnit } from "./dead-unit.ts";
import { edgeOfStability } from "./edge-of-stability.ts";
import { effectiveRank } from "./effective-rank.ts";
import { empiricalFisher } from "./empirical-fisher.ts";
import { fisher } from "./fisher.ts";
import { flatDirection } from "./flat-direction.ts";
import { frobenius } from "./frobenius.ts";
import { gaussNewton } from "./gauss-newton.ts";
import { gradient } from "./gradient.ts";
import { hessian } from "./hessian.ts";
import { hutchPlusPlus } from "./hutch-plus-plus.ts";
import { hutchinson } from "./hutchinson.ts";
import { keskarSharpness } from "./keskar-sharpness.ts";
import { lanczos } from "./lanczos.ts";
import { negativeCurvature } from "./negative-curvature.ts";
import { noiseScale } from "./noise-scale.ts";
import { outliers } from "./outliers.ts";
import { rescaling } from "./rescaling.ts";
import { residual } from "./residual.ts";
import { ritzValue } from "./ritz-value.ts";
import { saddle } from "./saddle.ts";
import { samSharpness } from "./sam-sharpness.ts";
import { sharpness } from "./sharpness.ts";
import { slq } from "./slq.ts";
import { spectralDensity } from "./spectral-density.ts";
import { stabilityLimit } from "./stability-limit.ts";
import { trace } from "./trace.ts";
import { xtrace } from "./xtrace.ts";
import type { Term } from "./term.ts";

/** Every term, in the order in which a reader may want to meet them. */
export const TERMS: readonly Term[] = [
  hessian,
  gradient,
  gaussNewton,
  fisher,
  empiricalFisher,
  trace,
  hutchinson,
  hutchPlusPlus,
  xtrace,
  frobenius,
  lanczos,
  ritzValue,
  residual,
  spectralDensity,
  slq,
  sharpness,
  samSharpness,
  keskarSharpness,
  adaptiveSharpness,
  rescaling,
  edgeOfStability,
  stabilityLimit,
  noiseScale,
  criticalBatchSize,
  saddle,
  negativeCurvature,
  effectiveRank,
  conditionNumber,
  outliers,
  bulk,
  deadUnit,
  flatDirection,
  confidenceInterval,
];
