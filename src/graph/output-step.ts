import type { Shape, Tensor } from "../util/tensor.ts";

/** What fixed numbers do to others: put some in their place, add a small one, or make them numbers of another kind. */
export type Effect = "limits" | "shifts" | "rescales";

/**
 * What an operation makes of numbers that a network gives, so that it can be told what they are behind it:
 *
 * - moves: every number stays as it is; `axis` says where an axis of the input is then;
 * - repeats: every number stays, and stands several times;
 * - links: scores become (log-)probabilities, each by itself or as a distribution along `axis`; `logarithm` is what it
 *   is called together with a logarithm behind it;
 * - logarithm: of each number;
 * - negates: each number;
 * - sums: along `axes`, which stay;
 * - combines: numbers and others beside them, `operands` among the inputs; where those of one are fixed, `effect` says what
 *   they do to the other, the operand number `variable`.
 */
export type OutputStep =
  | { readonly kind: "moves"; axis(axis: number, from: Shape, to: Shape): number | undefined }
  | { readonly kind: "repeats" | "logarithm" | "negates" }
  | {
      readonly kind: "links";
      readonly gives: "probabilities" | "log-probabilities";
      readonly normalises: boolean;
      readonly axis: number | undefined;
      readonly logarithm?: string;
    }
  | { readonly kind: "sums"; readonly axes: readonly number[] }
  | {
      readonly kind: "combines";
      /** As an exporter calls it, where that is another name. */
      readonly called?: string;
      readonly operands: readonly [number, number];
      /** Whether each number is that of one operand or of the other. */
      readonly chooses?: boolean;
      /** Whether it is the first divided by the second. */
      readonly divides?: boolean;
      effect(fixed: Tensor, variable: 0 | 1): Effect | undefined;
    };

/** The largest number that is added to keep a logarithm finite, or to smooth a distribution. */
const SMALL = 0.1;

/** What fixed numbers do that are added. */
export function added({ data }: Tensor): Effect {
  return data.every((x) => Math.abs(x) <= SMALL) ? "shifts" : "rescales";
}
