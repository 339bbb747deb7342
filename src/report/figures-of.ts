import { experimentOf } from "../documents/experiment-of.ts";
import { resultJson } from "../documents/named-result.ts";
import { kindOf, type ResultDocument } from "../documents/result-kinds.ts";
import type { Drawing } from "../figures/draw.ts";

/** The figures of a result: none where a result has nothing to draw. One that fails leaves the others. */
export function figuresOf(document: ResultDocument): Drawing {
  return experimentOf(kindOf(document)).draw(resultJson(document));
}
