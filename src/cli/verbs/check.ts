import { z } from "zod";
import { runChecks } from "../../instruments/run-checks.ts";
import { createRandom } from "../../random/random-stream.ts";
import type { Check } from "../../result/envelope.ts";
import { formatNumber } from "../../util/format-number.ts";
import { given, MODEL } from "../arguments.ts";
import { problemFlags, runFlags } from "../common-flags.ts";
import { EXIT } from "../exit-code.ts";
import { frameOf } from "../frame.ts";
import { table, wrap } from "../layout.ts";
import { withProblem } from "../open-problem.ts";
import type { Style } from "../terminal.ts";
import { defineVerb } from "../verb.ts";

export const check = defineVerb({
  name: "check",
  summary: "prove that the derivatives of a model are its derivatives",
  description:
    "Prove the derivative graphs of a model on its data: against finite differences, each mode against the other, whatever the batches. Exit code 4 when a check fails.",
  arguments: [MODEL],
  parameters: z.object({ ...problemFlags.shape, seed: runFlags.shape.seed }),
  examples: [["thalweg check model.onnx --data data.npz --limit 200", "on the first 200 examples"]],
  run: (flags, [path], shell) =>
    withProblem(given(path, "MODEL"), { ...flags, proofs: "several-batches" }, shell, async (loaded) => {
      const { problem } = loaded;
      const made = await runChecks(problem, "all", createRandom(flags.seed), shell.context());
      const checks = [...loaded.proofs, ...made];
      const passed = checks.every((each) => each.passed !== false);
      const { caveats } = problem;
      return {
        text: report(checks, caveats, shell.style),
        document: {
          schema: "thalweg/check@1",
          ...frameOf({ shell, flags, seed: flags.seed, loaded, checks: made }),
          result: { passed, checks, caveats: [...caveats] },
        },
        exitCode: passed ? EXIT.done : EXIT.check,
      };
    }),
});

function report(checks: readonly Check[], caveats: readonly string[], style: Style): string {
  const rows = checks.map(({ passed, title, measured, limit }) => [
    passed === null ? style.yellow("n/a") : passed ? style.green("pass") : style.red("FAIL"),
    title,
    formatNumber(measured, 2),
    passed === null ? "" : `≤ ${formatNumber(limit, 2)}`,
  ]);
  const failed = checks.filter(({ passed }) => passed === false);
  const missing = checks.filter(({ passed }) => passed === null);
  const lines = [
    style.bold("Checks of the derivatives (relative errors)"),
    "",
    table(rows, ["left", "left", "right", "right"]),
  ];
  for (const { title, detail } of failed) lines.push("", wrap(`${style.red(title)}: ${detail}`));
  for (const { title, detail } of missing) lines.push("", wrap(`${style.yellow(title)}: ${detail}`));
  for (const caveat of caveats) lines.push("", wrap(`${style.yellow("note")} ${caveat}.`));
  lines.push(
    "",
    failed.length === 0
      ? missing.length === 0
        ? style.green(`All ${checks.length} checks passed.`)
        : style.yellow(
            `${checks.length - missing.length} of ${checks.length} checks passed; ${missing.length} could not be made.`,
          )
      : style.red(`${failed.length} of ${checks.length} checks failed.`),
  );
  return `${lines.join("\n")}\n`;
}
