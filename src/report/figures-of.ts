import type { ResultDocument } from "../documents/result-kinds.ts";
import { checkpointFigures } from "../figures/checkpoints.ts";
import { type Drawing, profileFigures } from "../instruments/profile-figures.ts";

/** The figures of a result: none where a result has nothing to draw. One that fails leaves the others. */
export function figuresOf(document: ResultDocument): Drawing {
  if (document.schema === "thalweg/checkpoints@1") return { figures: checkpointFigures(document.result), failed: [] };
  return document.schema === "thalweg/profile@1" ? profileFigures(document.result) : { figures: [], failed: [] };
}
