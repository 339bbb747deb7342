import { z } from "zod";
import type { Options } from "../runs/subject.ts";
import { chosen } from "../util/chosen.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { didYouMean } from "../util/suggest.ts";
import type { AskedAxes } from "./axes.ts";
import { noNormalization } from "./normalizations/none.ts";
import { NORMALIZATIONS } from "./normalizations/registry.ts";
import { SPANS } from "./spans/registry.ts";
import { shortName } from "./short-name.ts";
import { listed, type Span } from "./spans/span.ts";

const AXES = "Axes";

/** What lines and surfaces are told alike. */
export const axesParameters = z.object({
  normalize: z
    .enum(NORMALIZATIONS.map(({ name }) => name))
    .optional()
    .meta({
      description: `how long a direction is: ${NORMALIZATIONS.map(({ name, summary }) => `${name}, ${summary}`).join("; ")} (default: ${SPANS.flatMap(({ name, usual }) => (usual === noNormalization ? [] : [`${usual.name} for ${name}`])).join(", ")}, else ${noNormalization.name})`,
      group: AXES,
    }),
  bias: z.enum(["zero", "include"]).default("zero").meta({
    description: "biases and gains of a normalised direction: left where they are, or scaled as their filters",
    group: AXES,
  }),
});

export const rangeFlag = (name: string) =>
  z
    .string()
    .optional()
    .meta({
      description: `coordinates along ${name}; 0 must be one of them`,
      placeholder: "FIRST:LAST:NUMBER",
      group: AXES,
    });

/** "random, eig:1 for …" for so many axes. */
export function usages(axes: number): string {
  return SPANS.filter((span) => isFor(span, axes))
    .map(({ usage }) => usage)
    .join(" | ");
}

function isFor(span: Span, axes: number): boolean {
  const samples = [undefined, "1", "1,2", "a", "a,b", "a,b,c"];
  return samples.some((sample) => span.parse(sample, axes) !== undefined);
}

/**
 * What is asked for in "name" or "name:words".
 *
 * @throws usage error `unknown-axes`, `axes-fixed`
 */
export function askedAxes(text: string, count: number, options: Options, flag: string): AskedAxes {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const span = SPANS.find((each) => each.name === name);
  const words = span?.parse(colon < 0 ? undefined : text.slice(colon + 1), count);
  if (span === undefined || words === undefined) {
    const possible = SPANS.filter((each) => isFor(each, count));
    throw new ThalwegError({
      kind: "usage",
      code: "unknown-axes",
      message:
        span !== undefined && possible.includes(span)
          ? `${flag} ${text} cannot be read; write ${span.usage}.`
          : `There is no ${flag} ${text}; there are ${possible.map(({ usage }) => usage).join("; ")}.`,
      hint:
        span === undefined
          ? didYouMean(
              name,
              possible.map((each) => each.name),
            )
          : undefined,
    });
  }
  const { normalize, bias } = axesParameters.parse({ normalize: options["normalize"], bias: options["bias"] });
  if (span.fixed !== undefined && normalize !== undefined && normalize !== noNormalization.name) {
    throw new ThalwegError({
      kind: "usage",
      code: "axes-fixed",
      message: `--normalize ${normalize} has no part in ${flag} ${span.name}. ${span.fixed}`,
      hint: "Leave --normalize out.",
    });
  }
  const normalization = normalize === undefined ? span.usual : chosen("normalize", normalize, NORMALIZATIONS);
  return {
    span,
    words,
    count,
    normalization,
    isWithOffsets: bias === "include",
    isOrthogonal: options["orthogonal"] === true,
  };
}

/** The same text with files in the place of patterns. */
export function expandedAxes(text: unknown, filesOf: (patterns: readonly string[]) => readonly string[]): unknown {
  if (typeof text !== "string") return text;
  const colon = text.indexOf(":");
  const span = SPANS.find((each) => each.name === text.slice(0, Math.max(0, colon)));
  if (span === undefined) return text;
  const words = span.parse(text.slice(colon + 1), 1) ?? span.parse(text.slice(colon + 1), 2);
  if (words === undefined || span.files(words).length === 0) return text;
  return `${span.name}:${words
    .flatMap((word) => filesOf([word]))
    .map((file) => file.replaceAll(",", "\\,"))
    .join(",")}`;
}

/** What was asked for, as a title has it: files are counted where they are many. */
export function axesTitle(text: string): string {
  const colon = text.indexOf(":");
  const span = SPANS.find((each) => each.name === text.slice(0, Math.max(0, colon)));
  const files = span?.files(listed(text.slice(colon + 1))) ?? [];
  if (files.length === 0) return text;
  return `${span?.name} ${files.length > 3 ? `${files.length} files` : files.map(shortName).join(", ")}`;
}
