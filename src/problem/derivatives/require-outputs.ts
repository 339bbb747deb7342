import { ThalwegError } from "../../util/thalweg-error.ts";
import type { LossGraph } from "../loss-graph.ts";

/** @throws input error `no-outputs` where the model computes its loss itself */
export function requireOutputs(loss: LossGraph, matrix: string): void {
  if (!loss.loss.givesLossOnly) return;
  throw new ThalwegError({
    kind: "input",
    code: "no-outputs",
    message: `The ${matrix} needs the network's outputs apart from its loss, but with --loss ${loss.loss.name} the model only gives the loss.`,
    hint: "Export the network without its loss and name the loss with --loss.",
  });
}
