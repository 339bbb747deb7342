import { requireUnique } from "../../util/require-unique.ts";
import { bezier } from "./bezier.ts";
import { chain } from "./chain.ts";
import { linear } from "./linear.ts";
import { neb } from "./neb.ts";
import type { PathKind } from "./path.ts";

/** Every way of finding a way, in the order of the help. */
export const PATHS: readonly PathKind[] = requireUnique([linear, bezier, chain, neb], ({ name }) => name, "paths");
