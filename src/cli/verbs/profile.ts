import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { planProfile, profileParameters, runProfile } from "../../instruments/profile.ts";
import { INSTRUMENTS } from "../../instruments/registry.ts";
import { runChecks } from "../../instruments/run-checks.ts";
import { assetPath } from "../../io/asset-path.ts";
import { writeFileAtomically } from "../../io/write-atomically.ts";
import { rehearseFile, rehearseFolder } from "../../load/rehearse-output.ts";
import { hessianProduct } from "../../problem/derivatives.ts";
import type { Problem } from "../../problem/problem.ts";
import { hessianExtremes } from "../../quantities/hessian-extremes.ts";
import { createRandom } from "../../random/random-stream.ts";
import type { Check } from "../../result/envelope.ts";
import type { ProfileResult } from "../../instruments/profile-result.ts";
import { chosen } from "../arguments.ts";
import { milliseconds, problemFlags, runFlags, talkFlags } from "../common-flags.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { formatCount, formatCounted } from "../format.ts";
import { frameOf } from "../frame.ts";
import { withProblem } from "../open-problem.ts";
import { planText, profileText, totalProducts } from "../profile-text.ts";
import type { Shell } from "../shell.ts";
import { defineVerb } from "../verb.ts";
import { defaultFolder, writeRun } from "../write-run.ts";

/** What is profiled when nothing is named: a small network on the examples it was trained on. */
const EMBEDDED = { model: assetPath("digits.onnx"), data: "digits", limit: 1437 } as const;
const EMBEDDED_REPORT = "report.html";
/** What every report of ours holds; a file without it is somebody's own. */
const OURS = '<meta name="generator" content="Thalweg">';

/** Names are looked at before a model is opened. */
const named = z.object({ only: z.array(z.string()).default([]) });

const parameters = z.object({
  ...runFlags.shape,
  ...problemFlags.shape,
  json: talkFlags.shape.json,
  verbose: talkFlags.shape.verbose,
  ...profileParameters.shape,
});

export const profile = defineVerb({
  name: "profile",
  summary: "measure the geometry of the loss at a network's weights",
  description:
    "Measure the geometry of the loss at a network's weights: curvature, stability limits, gradient noise, flatness, layers, units and symmetries, each number with its proof. Without MODEL a small trained network is measured.",
  arguments: [{ name: "MODEL", description: "the network, as an ONNX file", required: false }],
  parameters,
  examples: [
    ["thalweg profile", "a trained network that comes with thalweg"],
    ["thalweg profile model.onnx --data train.npz", "your own"],
    ["thalweg profile model.onnx --data train.npz --time 60s", "in a minute"],
    ["thalweg profile model.onnx --data train.npz --dry-run", "what it would cost"],
  ],
  run: (flags, [path], shell) => {
    const { out } = flags;
    for (const name of named.parse(flags).only) chosen("instrument", name, INSTRUMENTS);
    const embedded = path === undefined && flags.data === undefined && flags.x === undefined;
    const options = embedded ? { ...flags, data: EMBEDDED.data, limit: flags.limit ?? EMBEDDED.limit } : flags;
    const model = path ?? EMBEDDED.model;
    const atHand =
      embedded &&
      !flags.json &&
      out === undefined &&
      !(existsSync(EMBEDDED_REPORT) && !readFileSync(EMBEDDED_REPORT, "utf8").includes(OURS));
    if (!flags.dryRun) {
      if (out !== undefined) rehearseFolder(out);
      if (atHand) rehearseFile(EMBEDDED_REPORT);
    }
    return withProblem(model, options, shell, async (loaded) => {
      const { problem } = loaded;
      for (const note of beyondAll(flags, problem.space.dimension)) shell.warn(note);
      const plan = planProfile(problem, flags, { hasBudget: flags.time !== undefined });
      if (flags.dryRun) {
        const msPerProduct = await timeOfProduct(problem);
        return {
          text: planText(plan, msPerProduct, shell.style),
          document: {
            schema: "thalweg/plan@1",
            msPerProduct,
            products: totalProducts(plan),
            seconds: (totalProducts(plan) * msPerProduct) / 1000,
            instruments: plan.map((each) => ({ ...each, skipped: each.skipped ?? null })),
          },
          exitCode: EXIT.done,
        };
      }
      shell.note(
        `Plan: ${formatCounted(plan.filter(({ skipped }) => skipped === undefined).length, "instrument")}, about ${formatCounted(totalProducts(plan), "product")}.`,
      );
      const random = createRandom(flags.seed);
      const context = shell.measuringContext(flags.time === undefined ? undefined : milliseconds(flags.time));
      const before = await runChecks(problem, "every-run", random.split("checks"), context);
      const profile = await runProfile(problem, flags, random.split("profile"), context);
      const { result, arrays, faults } = profile;
      const checks = [...before, ...profile.checks];
      let document = {
        schema: "thalweg/profile@1" as const,
        ...frameOf({ shell, flags: { ...options }, seed: flags.seed, loaded, checks }),
        result,
      };
      const folder = out ?? (flags.json ? undefined : defaultFolder(document));
      let written = "";
      let undrawn: readonly Error[] = [];
      let failure: unknown;
      if (folder !== undefined) {
        try {
          const run = await writeRun(folder, document, arrays.entries());
          undrawn = run.faults;
          document = { ...document, warnings: [...document.warnings, ...run.warnings] };
          for (const fault of run.faults) shell.fault(fault);
          written = `\nWritten to ${folder}:\n  result.json, arrays.npz, figures/${run.report === undefined ? "" : ", report.html (how each number was measured)"}\n`;
          if (atHand && run.report !== undefined) {
            writeFileAtomically(EMBEDDED_REPORT, run.report);
            written += `The report is also at ./${EMBEDDED_REPORT}: open it in a browser.\n`;
          }
        } catch (error) {
          // A full disk does not take the numbers away: they are shown.
          failure = error;
        }
      }
      for (const fault of faults) shell.fault(fault);
      return {
        text: profileText(document, shell.style, flags.verbose) + written,
        document,
        exitCode: exitCode(checks, result, shell, undrawn.length > 0),
        failure,
      };
    });
  },
});

/** What is asked for beyond what there is. */
function beyondAll(flags: Record<string, unknown>, dimension: number): string[] {
  return Object.entries(hessianExtremes.parameters.pick({ top: true, bottom: true }).parse(flags)).flatMap(
    ([name, count]) =>
      count > dimension
        ? [
            `--${name} ${formatCount(count)} is more than there are: all ${formatCount(dimension)} eigenvalues are taken.`,
          ]
        : [],
  );
}

function exitCode(
  checks: readonly Check[],
  { converged, sections }: ProfileResult,
  shell: Shell,
  faulty: boolean,
): ExitCode {
  if (shell.interruption.asked.aborted) return shell.interruption.exitCode();
  if (faulty || sections.some(({ fault }) => fault === true)) return EXIT.fault;
  if (checks.some(({ passed }) => passed === false)) return EXIT.check;
  return converged ? EXIT.done : EXIT.notConverged;
}

async function timeOfProduct(problem: Problem): Promise<number> {
  const block = Array.from({ length: problem.preferredBlock }, () => problem.point.parameters);
  await problem.point.product(hessianProduct, block);
  const start = performance.now();
  await problem.point.product(hessianProduct, block);
  return (performance.now() - start) / block.length;
}
