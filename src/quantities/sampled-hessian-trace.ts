import { estimateTrace } from "../estimators/trace.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { defineQuantity } from "./quantity.ts";
import { traceParameters } from "./trace-parameters.ts";

/** tr H by random probes, until its interval is as narrow as asked for (`estimateTrace`). */
export const sampledHessianTrace = defineQuantity({
  name: "Hessian trace by probes",
  parameters: traceParameters,
  cost: () => 60,
  compute: (desk, { traceTolerance: tolerance }) =>
    estimateTrace(
      desk.operator(hessianOperator),
      { tolerance, confidence: desk.confidence },
      desk.random.split("trace"),
      desk.stage("Hessian trace"),
    ),
});
