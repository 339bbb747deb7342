import { z } from "zod";
import { readSpecification } from "../../util/specification.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { STARTS } from "./starts/registry.ts";

const GROUP = "Search";

/** What a search for critical points is told. */
export const criticalOptions = z.object({
  from: z
    .string()
    .default("random")
    .meta({
      description: `where searches start: ${STARTS.map(({ name, summary }) => `${name} (${summary})`).join("; ")}; numbers after colons`,
      placeholder: "KIND",
      group: GROUP,
    }),
  starts: z.int().min(1).max(100_000).default(200).meta({ description: "searches", group: GROUP }),
  along: z
    .array(z.string())
    .default([])
    .meta({ description: "files of weights that --from along starts at", placeholder: "FILES", group: GROUP }),
  steps: z.int().min(1).default(300).meta({ description: "steps of a search at most", group: GROUP }),
  tolerance: z.number().positive().max(1e-2).default(1e-8).meta({
    description: "length of the gradient, relative to that at the start, at which a point is critical",
    group: GROUP,
  }),
});

export type CriticalOptions = z.output<typeof criticalOptions>;

/**
 * The kind of starts that is asked for, with its numbers.
 *
 * @throws usage errors `unknown-choice`, `unknown-option`, `bad-option`, `along-without-files`
 */
export function startsOf({ from, starts, along }: CriticalOptions) {
  const { chosen: kind, options } = readSpecification("kind of starts", from, STARTS);
  if (kind.fromFiles !== along.length > 0)
    throw new ThalwegError({
      kind: "usage",
      code: "along-without-files",
      message: kind.fromFiles
        ? "Searches are to start along a training, and there are no files of weights."
        : `Files of weights are given with --along, and searches start elsewhere: --from ${from}.`,
      hint: "Give both: --from along --along 'run/checkpoints/*.safetensors'.",
    });
  return { kind, startAt: kind.with(options), count: kind.fromFiles ? along.length : starts };
}
