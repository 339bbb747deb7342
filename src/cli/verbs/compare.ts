import { z } from "zod";
import { compareResults, type NamedResult } from "../../compare/compare-results.ts";
import { openResult } from "../../io/open-result.ts";
import { rehearseFolder } from "../../load/rehearse-output.ts";
import type { ResultDocument } from "../../documents/result-kinds.ts";
import { talkFlags } from "../common-flags.ts";
import { compareText } from "../compare-text.ts";
import { EXIT } from "../exit-code.ts";
import { WITHOUT_NUMBERS } from "../experiment-verb.ts";
import { frameOf } from "../frame.ts";
import { defineVerb } from "../verb.ts";
import { writeRun } from "../write-run.ts";

export const compare = defineVerb({
  name: "compare",
  summary: "set results side by side: which numbers the errors tell apart",
  description:
    "Set the numbers of two or more runs side by side. A number is called different only where its errors exclude that both are the same: bounds of rounding and residuals for certain, sampled numbers at 95 % each. What cannot be told is said, with the reason.",
  arguments: [
    {
      name: "RUN",
      description: "two or more folders of runs, or result.json files, of the same network architecture, data and loss",
      required: true,
      variadic: true,
    },
  ],
  parameters: z.object({
    force: z
      .boolean()
      .default(false)
      .meta({ description: "compare what is not comparable, too, and say why it is not", group: "Run" }),
    out: z.string().optional().meta({
      description: "folder for result.json and report.html (default: none is written)",
      placeholder: "DIR",
      short: "o",
      group: "Run",
    }),
    json: talkFlags.shape.json,
    verbose: talkFlags.shape.verbose,
  }),
  examples: [
    ["thalweg compare runs/before runs/after", "two runs of profile, before and after training"],
    ["thalweg compare runs/step-* -v", "many checkpoints, every number with the reason where it cannot be told"],
    ["thalweg compare runs/float32 runs/float64", "what the precision changes, rounding counted"],
  ],
  run: async (flags, paths, shell) => {
    const { force, out, verbose } = flags;
    if (out !== undefined) rehearseFolder(out);
    const results = paths.flatMap((path) => (path === undefined ? [] : [openResult(path)]));
    const result = compareResults(results, { force, ignored: WITHOUT_NUMBERS });
    const frame = frameOf({ shell, flags, seed: 0 });
    const document: ResultDocument<"compare"> = {
      schema: "thalweg/compare@1",
      ...frame,
      data: shared(results, ({ data }) => data),
      loss: shared(results, ({ loss }) => loss),
      precision: shared(results, ({ precision }) => precision),
      warnings: [...frame.warnings, ...result.forced.map((reason) => `Compared by --force. ${reason}.`)],
      result,
    };
    let written = "";
    if (out !== undefined) {
      const run = await writeRun(out, document, new Map());
      for (const fault of run.faults) shell.fault(fault);
      written = `\nWritten to ${out}: result.json${run.report === undefined ? "" : ", report.html"}\n`;
    }
    return { text: compareText(result, shell.style, verbose) + written, document, exitCode: EXIT.done };
  },
});

/** What all results have alike; null where they differ. */
function shared<T>(results: readonly NamedResult[], of: (document: ResultDocument) => T): T | null {
  const [first, ...others] = results.map(({ document }) => of(document));
  return others.every((other) => JSON.stringify(other) === JSON.stringify(first)) ? first : null;
}
