import type { TopLevelSpec } from "vega-lite";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Specification } from "./figure.ts";

/** What one of is in every specification: a drawing, or drawings put together. */
const DRAWINGS = ["mark", "layer", "concat", "hconcat", "vconcat", "facet", "repeat", "spec"];

/**
 * A specification in the types of Vega-Lite.
 *
 * @throws usage error `not-a-figure` for an object without anything to draw
 */
export function vegaLite(spec: Specification): TopLevelSpec {
  if (isVegaLite(spec)) return spec;
  throw new ThalwegError({
    kind: "usage",
    code: "not-a-figure",
    message: "The specification has no mark and no layers: there is nothing to draw.",
    hint: "Give a figure of a result.",
  });
}

function isVegaLite(spec: object): spec is TopLevelSpec {
  return DRAWINGS.some((name) => name in spec);
}
