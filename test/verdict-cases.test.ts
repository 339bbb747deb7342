/** @thorough Verdicts on many trained networks: half a minute. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ProfileOptions } from "../src/instruments/instrument.ts";
import { runProfile } from "../src/instruments/profile.ts";
import { INSTRUMENTS } from "../src/instruments/registry.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { decodeResult } from "../src/documents/result-kinds.ts";
import { readingsOf } from "./support/result-with.ts";
import { runHere } from "./support/run-here.ts";

/** Networks whose profiles said more than their numbers, or nothing at all; the right values by NumPy and PyTorch in float64. */
async function profileOf(name: string, load: { loss?: string; params?: string[] }, options: ProfileOptions) {
  const at = (end: string) => new URL(`cases/${name}.${end}`, import.meta.url).pathname;
  const loaded = await loadProblem(at("onnx"), { data: at("npz"), ...load });
  const { result } = await runProfile(loaded.problem, options, createRandom(0), {});
  await loaded.close();
  const verdicts = result.verdicts.map(({ level, text }) => `${level}: ${text}`).join("\n");
  const lines = result.sections.flatMap(({ instrument }) =>
    readingsOf(instrument, result).map(({ label, value }) => `${label}: ${value}`),
  );
  return { result, verdicts, lines };
}

describe("verdicts rest on their numbers", () => {
  it("a loose tolerance supports no minimum (λmin = -0.0731)", async () => {
    const { verdicts, result } = await profileOf("ux-4/gru", {}, { only: "eigenvalues", tol: 0.01 });
    expect(verdicts).toMatch(/^note: Not decided/);
    expect(verdicts).not.toMatch(/pass|minimum/);
    expect(result.hessian.bottom?.[0].residual).toBeGreaterThan(0.01);
  });

  it("the default tolerance finds λmin, and its depth stands beside the share", async () => {
    const { verdicts, lines, result } = await profileOf("ux-4/gru", {}, { only: "eigenvalues,spectrum" });
    expect(result.hessian.bottom?.[0].value).toBeCloseTo(-0.0731, 3);
    expect(verdicts).toMatch(/Negative curvature reaches 0\.3 % of the strongest.*no critical point/);
    expect(verdicts).not.toMatch(/few|shallow/);
    expect(lines).toContainEqual(expect.stringMatching(/^Condition number: ≥/));
    expect(lines).toContainEqual(expect.stringMatching(/^Hidden copies found: 0/));
  });

  it("a linear model under absolute error has no curvature, and is no maximum", async () => {
    const { verdicts, result, lines } = await profileOf("trust-05/b2", { loss: "mae" }, {});
    expect(verdicts).toMatch(/No curvature: the loss is linear here to second order\. The gradient is not zero/);
    expect(verdicts).not.toMatch(/maximum|plateau|minimum/);
    expect(result.residual?.share).toBeNull();
    expect(result.noise?.alignment).toBeNull();
    expect(lines).toContain("Strength: n/a");
    expect(result.sections.find(({ instrument }) => instrument === "residual")?.means).toMatch(/H is zero/);
  });

  it("far from the optimum of a regression there is no minimum", async () => {
    const { verdicts } = await profileOf("trust-05/b3", { loss: "mse" }, {});
    expect(verdicts).toMatch(/No negative curvature.*‖g‖ = 13\.3.*no critical point/);
    expect(verdicts).not.toMatch(/minimum/);
  });

  it("ranks and depths use the largest magnitude: H = diag(0.02, -10 nine times)", async () => {
    const { result, verdicts } = await profileOf("trust-10/b17", { loss: "output", params: ["th"] }, {});
    expect(result.hessian.effectiveRank?.frobenius).toBeCloseTo(9, 4);
    expect(result.hessian.negativeDepth).toBeCloseTo(1, 12);
    expect(verdicts).not.toMatch(/[0-9]{4,}(\.[0-9]+)? %/);
  });
});

describe("a fault of one instrument, from the command line", () => {
  it("is exit code 1 with everything else written, and its stack with --debug", async () => {
    const place = INSTRUMENTS.findIndex(({ name }) => name === "trace");
    const planted = () => {
      throw new Error("planted");
    };
    const before = Object.getOwnPropertyDescriptor(INSTRUMENTS, place);
    Object.defineProperty(INSTRUMENTS, place, { value: { ...INSTRUMENTS[place], run: planted }, configurable: true });
    const out = mkdtempSync(join(tmpdir(), "thalweg-fault-"));
    const at = (end: string) => new URL(`cases/ux-1/skip.${end}`, import.meta.url).pathname;
    try {
      const ended = await runHere(
        ["profile", at("onnx"), "--data", at("npz"), "--only", "loss,trace,units", "--debug", "-o", join(out, "run")],
        out,
      );
      expect(ended.code).toBe(1);
      expect(ended.err).toMatch(/A fault in Trace.*: planted[^]*at .*planted/);
      expect(ended.out.replaceAll(/\s+/g, " ")).toMatch(
        /Trace[^.]*: failed\. A fault of Thalweg's own: planted.*c\.weight/,
      );
      const { result } = decodeResult(readFileSync(join(out, "run", "result.json"), "utf8"));
      expect(result).toMatchObject({ sections: [{ fault: null }, { status: "failed", fault: true }, { fault: null }] });
      expect(readFileSync(join(out, "run", "report.html"), "utf8")).toMatch(/This measurement failed/);
    } finally {
      Object.defineProperty(INSTRUMENTS, place, before ?? {});
      rmSync(out, { recursive: true });
    }
  });
});

describe("units of a layer that is used at two sizes", () => {
  it.each(["ux-1/skip", "ux-1/unet"])("%s: every section is there", async (name) => {
    const { result } = await profileOf(name, {}, { only: "loss,gradient,units,symmetries" });
    expect(result.sections.map(({ status }) => status)).not.toContain("failed");
    // Used directly and through a pooling, an activation is one application of its units, at all positions.
    expect(result.units?.map(({ applications }) => applications)).toEqual(result.units?.map(() => 1));
    expect(result.units?.map(({ units }) => units)).toEqual(name === "ux-1/skip" ? [4] : [6, 12, 6]);
  });
});

describe("what is not for a network", () => {
  it.each([
    ["in brief", []],
    ["in full", ["-v"]],
  ])("is said with its reason on the terminal, too (%s)", async (_how, flags) => {
    // The file gives the mean of its losses: no example has a gradient of its own.
    const cwd = mkdtempSync(join(tmpdir(), "thalweg-reasons-"));
    const at = (end: string) => new URL(`loss-cases/own-scalar-loss/${end}`, import.meta.url).pathname;
    const args = [
      "profile",
      at("model.onnx"),
      "--data",
      at("data.npz"),
      "--only",
      "loss,symmetries,gauss-newton,noise",
    ];
    const { code, out, err } = await runHere([...args, "-o", "out", ...flags], cwd);
    expect(err).not.toContain("error");
    const written = decodeResult(readFileSync(join(cwd, "out/result.json"), "utf8"));
    rmSync(cwd, { recursive: true });
    expect(code).toBe(0);
    if (written.schema !== "thalweg/profile@1") throw new Error(`a profile is written, not ${written.schema}`);
    const missing = written.result.sections.filter(({ status }) => status === "skipped");
    expect(missing.map(({ instrument }) => instrument)).toEqual(expect.arrayContaining(["gauss-newton", "noise"]));
    const words = out.replaceAll(/\s+/g, " ");
    for (const { title, reason } of missing) {
      expect(words).toContain(title);
      expect(words).toContain(reason?.replaceAll(/\s+/g, " "));
    }
    expect(words).toMatch(/No example has a gradient of its own/);
  });
});
