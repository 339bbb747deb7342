import { z } from "zod";
import { planChecks, runAllChecks } from "../instruments/run-checks.ts";
import type { Check } from "../result/envelope.ts";
import { checkResult } from "../result/check-result.ts";
import type { ShownSection } from "../result/shown-section.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { FOLDER_ON_DEMAND } from "../runs/output.ts";
import { formatNumber } from "../util/format-number.ts";

export const check = defineExperiment({
  name: "check",
  summary: "prove that the derivatives of a model are its derivatives",
  description:
    "Prove the derivative graphs of a model on its data: against finite differences, each mode against the other, whatever the batches. Exit code 4 when a check fails.",
  document: "check",
  result: checkResult,
  arguments: [MODEL],
  examples: [["thalweg check model.onnx --data data.npz --limit 200", "on the first 200 examples"]],
  subject: "problem",
  parameters: z.object({}),
  writes: FOLDER_ON_DEMAND,
  isRandom: true,
  endsEarly: true,
  proofs: "several-batches",
  checks: "result",
  plan: ({ problem }) => ({
    noun: "check",
    steps: planChecks(problem, "all").map(({ name, title, cost, bytes }) => ({
      name,
      title,
      products: Math.round((cost.products ?? 0) + (cost.wideProducts ?? 0)),
      work: cost,
      bytes,
      skipped: undefined,
    })),
    tasks: 1,
    problem,
    warnings: [],
  }),
  async measure({ problem }, _options, { random, context, origin }) {
    const { checks: made, isWhole } = await runAllChecks(problem, random, context);
    const checks = [...origin.checks, ...made];
    const passed = isWhole && checks.every((each) => each.passed !== false);
    return { result: { passed, checks, caveats: [...problem.caveats] }, converged: isWhole, checks: made };
  },
  show({ checks, caveats }) {
    const [failed, missing] = [false, null].map((state) => checks.filter(({ passed }) => passed === state));
    return [
      {
        title: "Checks of the derivatives (relative errors)",
        caveats: [],
        text: [],
        readings: [],
        table: { columns: ["", "check", "found", "limit"], rows: checks.map(rowOf) },
      },
      {
        title: conclusion(checks.length, failed.length, missing.length),
        caveats: told([...failed, ...missing]),
        text: caveats.map((caveat) => `Note: ${caveat}.`),
        readings: [],
        table: null,
      },
    ] satisfies ShownSection[];
  },
});

function rowOf({ passed, title, measured, limit }: Check): string[] {
  if (passed === null) return ["n/a", title, formatNumber(measured, 2), ""];
  return [passed ? "pass" : "FAIL", title, formatNumber(measured, 2), `≤ ${formatNumber(limit, 2)}`];
}

/** What is said of checks, once of those of which the same is said. */
function told(checks: readonly Check[]): string[] {
  const titles = new Map<string, string[]>();
  for (const { title, detail } of checks) titles.set(detail, [...(titles.get(detail) ?? []), title]);
  return [...titles].map(([detail, all]) => `${all.join("; ")}: ${detail}`);
}

function conclusion(all: number, failed: number, missing: number): string {
  if (failed > 0) return `${failed} of ${all} checks failed.`;
  return missing === 0
    ? `All ${all} checks passed.`
    : `${all - missing} of ${all} checks passed; ${missing} could not be made.`;
}
