import type { Curve } from "../paths/curve.ts";
import { straight } from "../paths/curve.ts";
import { linear } from "../paths/linear.ts";
import { type ConnectOptions, kindOf } from "./connect-options.ts";
import type { Ends } from "./find-alignment.ts";
import { isSame } from "./describe-connection.ts";
import type { FloatType } from "../../util/tensor.ts";
import { type FoundAlignment, lowest, type Tried } from "./tried.ts";

/** Ways between two networks by what they are: to the other as it is, with its units exchanged, or aligned; or one that was looked for. */
export const WAYS = ["straight", "exchanged", "aligned", "found"] as const;

export type WayKey = (typeof WAYS)[number];

/** A way whose losses are measured. */
export interface Way {
  readonly key: WayKey;
  /** For people: "line to the aligned network". */
  readonly name: string;
  /** The kind of way, by name. */
  readonly path: string;
  readonly isAligned: boolean;
  readonly curve: Curve;
}

/** The alignment that is taken: a network that computes something else is no alignment of the other. */
export function taken(tried: Tried, precision: FloatType): FoundAlignment | undefined {
  const found = lowest(tried);
  return found && isSame(found.difference, precision) ? found : undefined;
}

/**
 * Every way that is followed.
 *
 * @param bends points of the way that was looked for; undefined where none was
 */
export function waysOf(
  { mine, theirs }: Ends,
  tried: Tried,
  precision: FloatType,
  options: ConnectOptions,
  bends: readonly Float64Array[] | undefined,
): Way[] {
  const best = taken(tried, precision);
  const target = best?.theta ?? theirs;
  const line = (key: WayKey, name: string, to: Float64Array, isAligned: boolean): Way => ({
    key,
    name,
    path: linear.name,
    isAligned,
    curve: straight(mine, to),
  });
  const { permuted } = tried;
  const kind = kindOf(options);
  return [
    line("straight", "straight line", theirs, false),
    ...(best && permuted && permuted !== best && isSame(permuted.difference, precision)
      ? [line("exchanged", "line to the network with its units exchanged", permuted.theta, true)]
      : []),
    ...(best ? [line("aligned", "line to the aligned network", target, true)] : []),
    ...(bends === undefined
      ? []
      : [
          {
            key: "found",
            name: best ? `${kind.noun} to the aligned network` : kind.noun,
            path: kind.name,
            isAligned: best !== undefined,
            curve: kind.curve([mine, target], bends),
          } as const,
        ]),
  ];
}
