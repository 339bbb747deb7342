import { encodeResult, kindOf, type ResultDocument } from "../documents/result-kinds.ts";
import { EXPERIMENTS } from "../experiments/registry.ts";
import type { Drawing } from "../figures/draw.ts";
import { anyEnvelope } from "../result/envelope.ts";
import type { Experiment } from "../runs/experiment.ts";

/** The figures of a result: none where a result has nothing to draw. One that fails leaves the others. */
export function figuresOf(document: ResultDocument): Drawing {
  const kind = kindOf(document);
  const experiment = EXPERIMENTS.find((each: Experiment) => each.document === kind);
  if (experiment === undefined) return { figures: [], failed: [] };
  return experiment.draw(anyEnvelope.parse(JSON.parse(encodeResult(document))).result);
}
