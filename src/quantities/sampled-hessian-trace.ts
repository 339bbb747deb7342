import { estimateTrace } from "../estimators/trace.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { bytesOfVectors } from "./memory.ts";
import { defineQuantity } from "./quantity.ts";
import { traceParameters } from "./trace-parameters.ts";

/** Products that its usual tolerance takes, about. */
const SAMPLED = 60;

/** tr H by random probes, until its interval is as narrow as asked for (`estimateTrace`). */
export const sampledHessianTrace = defineQuantity({
  name: "Hessian trace by probes",
  parameters: traceParameters,
  cost: () => SAMPLED,
  // Every probe with its product.
  bytes: ({ problem }) => ({ working: bytesOfVectors(problem.space.dimension, 2 * SAMPLED) }),
  compute: (desk, { traceTolerance: tolerance }) =>
    estimateTrace(
      desk.operator(hessianOperator),
      { tolerance, confidence: desk.confidence },
      desk.random.split("trace"),
      desk.stage("Hessian trace"),
    ),
});
