import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  encodeResult,
  figures,
  load,
  type Profile,
  profile,
  readResult,
  renderFigure,
  renderReport,
  type ResultDocument,
  writeReport,
} from "../src/index.ts";
import { assetPath } from "../src/io/asset-path.ts";
import { runHere } from "./support/run-here.ts";
import { thalweg } from "./support/spawn-node.ts";

/*
 * Results, figures and reports of the library against those of the built command line, byte for byte.
 */

const MODEL = assetPath("digits.onnx");
const DATA = { data: "digits", limit: 60, threads: 1 };
const ASKED = {
  only: ["loss", "gradient", "eigenvalues", "spectrum"],
  top: 2,
  bottom: 1,
  densityProbes: 1,
  densitySteps: 10,
};
const FLAGS = ["--data", "digits", "--limit", "60", "--threads", "1", "--seed", "3"];
const ASKED_FLAGS = ["--top", "2", "--bottom", "1", "--density-probes", "1", "--density-steps", "10"];

let folder = "";
let ours: Profile;
const at = (...path: string[]) => join(folder, ...path);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-library-"));
  const command = ["profile", MODEL, ...FLAGS, "--only", ASKED.only.join(","), ...ASKED_FLAGS, "-o", at("run"), "-q"];
  const finished = await thalweg(command);
  if (finished.code !== 0) throw new Error(finished.err);
  await using problem = await load(MODEL, DATA);
  ours = await profile(problem, ASKED, { seed: 3 });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What depends on when and by whom it was measured. */
function provenanceOf({ createdAt, command, config, runtime }: ResultDocument) {
  return { createdAt, command, config, runtime };
}

describe("the result of a profile in the library", () => {
  it("is that of the command line, with its checks and its warnings", () => {
    const theirs = readResult(at("run"));
    const mine: ResultDocument = { ...ours.document, ...provenanceOf(theirs) };
    expect(encodeResult(mine)).toBe(readFileSync(at("run", "result.json"), "utf8"));
    expect(ours.result).toBe(ours.document.result);
    expect(ours.checks.length).toBeGreaterThan(3);
  });

  it("says how it is made once more, and it is, bit for bit", async () => {
    writeFileSync(at("ours.json"), encodeResult(ours.document));
    expect(ours.document.command).toEqual([
      "profile",
      MODEL,
      "--data",
      "digits",
      "--limit",
      "60",
      "--threads",
      "1",
      "--only",
      "loss,gradient,eigenvalues,spectrum",
      ...ASKED_FLAGS,
      "--seed",
      "3",
    ]);
    const again = await runHere(["run", at("ours.json"), "--json"], folder);
    expect(again.code, again.err).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ schema: "thalweg/repeat@1", agree: true, changed: [], unshared: [] });
  }, 60_000);
});

describe("figures and reports in the library", () => {
  it("are those that lie in the folder of a run, and names, specifications and drawings go together", async () => {
    const result = readResult(at("run"));
    const { figures: drawn, failed } = await figures(result);
    expect(failed).toEqual([]);
    expect(drawn.length).toBeGreaterThan(2);
    expect(readdirSync(at("run", "figures")).sort()).toEqual(
      drawn.flatMap(({ name }) => [`${name}.svg`, `${name}.vl.json`]).sort(),
    );
    for (const figure of drawn) {
      const file = (kind: string) => readFileSync(at("run", "figures", `${figure.name}.${kind}`), "utf8");
      expect(`${JSON.stringify(figure.spec, undefined, 2)}\n`).toBe(file("vl.json"));
      expect(await renderFigure(figure)).toBe(file("svg"));
      expect(await renderFigure(figure, { theme: "dark" })).not.toBe(file("svg"));
    }
    await writeReport(at("report.html"), result);
    const exchanged: unknown = Reflect.apply(writeReport, undefined, [result, at("report.html")]);
    await expect(exchanged).rejects.toThrow(/The path of writeReport is an object; it must be a string/);
    expect(readFileSync(at("report.html"), "utf8")).toBe(readFileSync(at("run", "report.html"), "utf8"));
  });

  it("take what gave the result, the result, and its text alike", async () => {
    const report = await renderReport(ours);
    expect(report).toBe(await renderReport(ours.document));
    expect(report).toBe(await renderReport(encodeResult(ours.document)));
    await expect(renderReport("no result")).rejects.toMatchObject({ code: "not-json" });
  });

  const OLD = new URL("fixtures/results-0.1.0/", import.meta.url).pathname;
  it.each(["profile-some-instruments.json", "check.json"])(
    "are made of %s, which version 0.1.0 wrote",
    async (file) => {
      const result = readResult(join(OLD, file));
      expect(await renderReport(result)).toMatch(/<\/html>\s*$/);
      const { figures: drawn, failed } = await figures(result);
      expect(failed).toEqual([]);
      for (const figure of drawn.slice(0, 2)) expect(await renderFigure(figure)).toMatch(/^<svg/);
    },
  );
});
