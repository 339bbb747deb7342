import { z } from "zod";
import { compareResults } from "../compare/compare-results.ts";
import { compareResult } from "../result/compare-result.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { FOLDER_ON_DEMAND } from "../runs/output.ts";
import { compareSections } from "./compare/compare-sections.ts";

export const compare = defineExperiment({
  name: "compare",
  summary: "set results side by side: which numbers the errors tell apart",
  description:
    "Set the numbers of two or more runs side by side. A number is called different only where its errors exclude that both are the same: bounds of rounding and residuals for certain, sampled numbers at 95 % each. What cannot be told is said, with the reason.",
  document: "compare",
  result: compareResult,
  arguments: [
    {
      name: "RUN",
      description: "two or more folders of runs, or result.json files, of the same network architecture, data and loss",
      required: true,
      variadic: true,
    },
  ],
  examples: [
    ["thalweg compare runs/before runs/after", "two runs of profile, before and after training"],
    ["thalweg compare runs/step-* -v", "many checkpoints, every number with the reason where it cannot be told"],
    ["thalweg compare runs/float32 runs/float64", "what the precision changes, rounding counted"],
  ],
  subject: "results",
  parameters: z.object({
    force: z
      .boolean()
      .default(false)
      .meta({ description: "compare what is not comparable, too, and say why it is not", group: "Run" }),
  }),
  writes: FOLDER_ON_DEMAND,
  measure({ results, ignored }, { force }) {
    const result = compareResults(results, { force, ignored });
    const warnings = result.forced.map((reason) => `Compared by --force. ${reason}.`);
    return Promise.resolve({ result, converged: true, warnings });
  },
  show: compareSections,
});
