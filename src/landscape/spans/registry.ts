import { requireUnique } from "../../util/require-unique.ts";
import { componentsSpan } from "./components.ts";
import { eigenvectorSpan } from "./eigenvectors.ts";
import { gradientSpan } from "./gradient.ts";
import { randomSpan } from "./random.ts";
import type { Span } from "./span.ts";
import { throughSpan } from "./through.ts";
import { towardsSpan } from "./towards.ts";
import { updateSpan } from "./update.ts";

/** Every way to choose axes, in the order of the help. */
export const SPANS: readonly Span[] = [
  randomSpan,
  eigenvectorSpan,
  gradientSpan,
  updateSpan,
  towardsSpan,
  componentsSpan,
  throughSpan,
];

requireUnique(SPANS, ({ name }) => name, "ways to choose axes");
