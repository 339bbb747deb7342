/** @thorough Runs of many processes: half a minute. */

import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { readResult, renderReport } from "../src/index.ts";
import { openResult } from "../src/io/open-result.ts";
import { ALL, checkpointRuns, MODEL, QUICK, withoutProvenance } from "./support/checkpoint-runs.ts";
import { onceSaid } from "./support/spawn-node.ts";

const STEPS = [0, 5, 10, 100];
const { at, run, here, whenDone, resultIn, leasesOf, tasksIn } = checkpointRuns(STEPS);

describe("a profile over checkpoints", () => {
  it("gives the numbers of a profile of each alone, in natural order, with figures and report", async () => {
    const finished = await here(["profile", ...ALL, "-o", "whole"]);
    expect(finished.code, finished.err).toBe(0);
    const { result, checks } = resultIn("whole");
    expect(result.checkpoints.map(({ weights }) => weights)).toEqual(STEPS.map((step) => `step-${step}.safetensors`));
    expect(checks.length).toBeGreaterThan(3);
    for (const step of [0, 10]) {
      const weights = `step-${step}.safetensors`;
      const alone = await here(["profile", ...MODEL, "--weights", weights, ...QUICK, "-o", `alone-${step}`]);
      expect(alone.code, alone.err).toBe(0);
      const { document } = openResult(at(`alone-${step}`));
      if (document.schema !== "thalweg/profile@1") throw new Error(document.schema);
      const mine = result.checkpoints.find((each) => each.weights === weights);
      const { loss, gradientNorm, hessian } = document.result;
      expect(mine).toMatchObject({
        loss,
        gradientNorm,
        top: hessian.top,
        bottom: hessian.bottom,
        sha256: document.model?.weights?.sha256,
      });
    }
    const names = readdirSync(at("whole", "figures")).filter((name) => name.endsWith(".svg"));
    // One for each number that an instrument has looked for first, and the gradient's length, which every run has.
    expect(names).toEqual(
      ["eigenvalues-2", "eigenvalues", "gradient", "loss-2", "loss"].map((name) => `checkpoints-${name}.svg`),
    );
    for (const { followed, loss } of result.checkpoints) {
      expect(followed.map(({ label }) => label.replace(" found", ""))).toEqual([
        "Loss",
        "Accuracy",
        "Sharpness",
        "Lowest curvature",
        "Gradient",
      ]);
      expect(followed[0].number?.value).toBe(loss);
    }
    const report = readFileSync(at("whole", "report.html"), "utf8");
    for (const step of STEPS) expect(report).toContain(`step-${step}.safetensors`);
    expect(await renderReport(readResult(at("whole")))).toBe(report);
  }, 120_000);

  it("that is begun anew where a task is torn gives the same again", async () => {
    const before = tasksIn("whole").map((name) => readFileSync(at("whole", "tasks", name), "utf8"));
    const result = withoutProvenance(resultIn("whole"));
    // As by a machine that lost its power.
    const [torn] = tasksIn("whole");
    writeFileSync(at("whole", "tasks", torn), before[0].slice(0, 200));
    const resumed = await here(["profile", "--resume", "whole"]);
    expect(resumed.code, resumed.err).toBe(0);
    expect(resumed.err).toMatch(/3 of 4 tasks are done already/);
    expect(withoutProvenance(resultIn("whole"))).toEqual(result);
    expect(tasksIn("whole").map((name) => readFileSync(at("whole", "tasks", name), "utf8"))).toEqual(before);
  }, 120_000);

  it("is continued with the same recipe and the same files only", async () => {
    const refused = await here(["profile", "--resume", "whole", "--seed", "3"]);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/cannot be continued: --seed was 0 and is 3/);
    copyFileSync(at("step-5.safetensors"), at("kept"));
    copyFileSync(at("step-10.safetensors"), at("step-5.safetensors"));
    const changed = await here(["profile", "--resume", "whole"]);
    copyFileSync(at("kept"), at("step-5.safetensors"));
    const begun = readFileSync(at("whole", "run.json"), "utf8");
    writeFileSync(at("whole", "run.json"), begun.replace(/"build": "[^"]*"/, '"build": "0.1.0 (another)"'));
    const [resumed, helped] = [await here(["profile", "--resume", "whole"]), await here(["work", "whole"])];
    writeFileSync(at("whole", "run.json"), begun);
    for (const { code, err } of [resumed, helped]) {
      expect(code).toBe(2);
      expect(err.replaceAll(/\s+/g, " ")).toMatch(
        /whole was begun by the build 0\.1\.0 \(another\), and this is 0\.1\.0 \(/,
      );
    }
    expect(changed.code).toBe(2);
    expect(changed.err.replaceAll(/\s+/g, " ")).toMatch(/step-5\.safetensors holds other bytes than when it began/);
  }, 120_000);

  it("says what it would cost, and refuses what fits nothing", async () => {
    const plan = await here(["profile", ...ALL, "--dry-run", "--json"]);
    expect(JSON.parse(plan.out)).toMatchObject({ schema: "thalweg/plan@1", tasks: 4 });
    const refused = await here(["profile", ...MODEL, "--weights", "stop-*"]);
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/No file fits stop-\*/);
  }, 60_000);

  it("that is interrupted keeps what is done, and says how to go on", async () => {
    const going = run(["profile", ...ALL, "-o", "stopped"], (child) => whenDone("stopped", 1, child, "SIGINT"));
    const finished = await going;
    expect(finished.code, finished.err).toBe(130);
    expect(finished.err.replaceAll(/\s+/g, " ")).toContain(
      "What is done is kept: --resume stopped goes on from there.",
    );
    expect(readdirSync(at("stopped"))).not.toContain("result.json");
    const again = await here(["profile", ...ALL, "-o", "stopped"]);
    expect(again.code).toBe(2);
    expect(again.err).toMatch(/holds an unfinished run, of which \d tasks? (is|are) done/);
  }, 120_000);

  it("is done by whoever shares the folder, who is told of in its diary", async () => {
    const waiting = run(["profile", ...ALL, "-o", "shared", "--executor", "folder"]);
    while (!existsSync(at("shared", "tasks.json")) || readFileSync(at("shared", "tasks.json"), "utf8").length < 100)
      await new Promise((resolve) => setTimeout(resolve, 20));
    // Whoever is told to end gives its task back at once.
    const told = await run(["work", "shared", "--name", "told"], (child) => {
      const timer = setInterval(() => {
        if (leasesOf("shared").length === 0) return;
        clearInterval(timer);
        child.kill("SIGTERM");
      }, 5);
    });
    expect(told.code, told.err).toBe(143);
    expect(leasesOf("shared")).toEqual([]);
    const left = 4 - tasksIn("shared").length;
    expect(left).toBeGreaterThan(2);
    const work = await run(["work", "shared", "--name", "only"]);
    expect(work.code, work.err).toBe(0);
    expect(work.out).toContain(`All tasks are done, ${left} tasks of them here`);
    expect((await waiting).code).toBe(0);
    const events = readFileSync(at("shared", "events.ndjson"), "utf8").trimEnd().split("\n");
    for (const state of ["begun", "done"])
      expect(events.filter((line) => line.includes('"by":"only"') && line.includes(`"${state}"`))).toHaveLength(left);
    expect(events.filter((line) => line.includes('"by":"told"'))).not.toEqual([]);
    expect(withoutProvenance(resultIn("shared"))).toEqual(withoutProvenance(resultIn("whole")));
    expect(leasesOf("shared")).toEqual([]);
  }, 120_000);

  it("lets nobody wait in silence for a run that was ended before it knew its tasks", async () => {
    cpSync(at("shared"), at("begun"), { recursive: true });
    const list = readFileSync(at("shared", "tasks.json"), "utf8");
    writeFileSync(at("begun", "tasks.json"), JSON.stringify({ ...JSON.parse(list), tasks: [] }));
    const waiting = await run(["work", "begun"], (child) => onceSaid(child, "--resume", () => child.kill("SIGTERM")));
    expect(waiting.code, waiting.err).toBe(143);
    expect(waiting.err.replaceAll(/\s+/g, " ")).toMatch(
      /begun has no list of tasks yet\. If the run in it was ended, --resume begun continues it\./,
    );
  }, 60_000);

  it("tells what keeps a worker from doing a task", async () => {
    const one = at("one.safetensors");
    copyFileSync(at("step-0.safetensors"), one);
    const weights = ["--weights", "step-5.safetensors,one.safetensors"];
    // Nobody can open the file any more once the run knows it.
    const failed = await run(
      ["profile", ...MODEL, ...weights, ...QUICK, "-o", "gone", "--executor", "workers:1"],
      (child) => {
        const timer = setInterval(() => {
          if (!existsSync(at("gone", "tasks.json"))) return;
          clearInterval(timer);
          rmSync(one);
        }, 2);
        child.on("close", () => clearInterval(timer));
      },
    );
    expect(failed.code).toBe(3);
    expect(failed.err.replaceAll(/\s+/g, " ")).toMatch(/one\.safetensors cannot be read: it does not exist/);
  }, 60_000);

  it.each([
    ["lacks 3 of the 4 parameters of", { "hidden.weight": [32, 64] }],
    [
      "output.weight has the shape [32, 10] in bad.safetensors, but [10, 32] in the model",
      { "hidden.weight": [32, 64], "hidden.bias": [32], "output.weight": [32, 10], "output.bias": [10] },
    ],
  ])("refuses a checkpoint of another network before any is measured: %s", async (says, shapes) => {
    writeFileSync(
      at("bad.safetensors"),
      encodeSafetensors(
        Object.entries(shapes).map(([name, shape]) => {
          const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
          return [name, { dtype: "float32" as const, shape, data }] as const;
        }),
      ),
    );
    const weights = ["--weights", "step-0.safetensors,step-5.safetensors,bad.safetensors"];
    const refused = await here(["profile", ...MODEL, ...weights, ...QUICK, "-o", "refused"]);
    expect(refused.code).toBe(3);
    expect(refused.err.replaceAll(/\s+/g, " ")).toContain(says);
    expect(refused.err.replaceAll(/\s+/g, " ")).toContain("bad.safetensors");
    expect(existsSync(at("refused"))).toBe(false);
  });

  it("measures the others where one diverged, and names it with its reason", async () => {
    const shapes = { "hidden.weight": [32, 64], "hidden.bias": [32], "output.weight": [10, 32], "output.bias": [10] };
    const write = (name: string, fill: number) =>
      writeFileSync(
        at(name),
        encodeSafetensors(
          Object.entries(shapes).map(([tensor, shape]) => {
            const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(fill);
            return [tensor, { dtype: "float32" as const, shape, data }] as const;
          }),
        ),
      );
    write("nan.safetensors", Number.NaN);
    // Finite weights whose loss is not: what is multiplied by them leaves the range of float32.
    write("huge.safetensors", 3e38);
    const weights = ["--weights", "nan.safetensors,step-0.safetensors,huge.safetensors,step-5.safetensors"];
    const made = await here(["profile", ...MODEL, ...weights, ...QUICK, "-o", "diverged"]);
    expect(made.code, made.err).toBe(5);
    const { result, warnings } = resultIn("diverged");
    expect(result.checkpoints.map((each) => each.weights)).toEqual(["step-0.safetensors", "step-5.safetensors"]);
    expect(result.unmeasured.map((each) => each.weights)).toEqual(["nan.safetensors", "huge.safetensors"]);
    expect(result.unmeasured[0].reason).toMatch(/holds NaN at position 0/);
    expect(result.unmeasured[1].reason).toMatch(/not finite|NaN|Infinity/);
    for (const { weights: name, reason } of result.unmeasured)
      expect(warnings).toContain(`${name} was not measured. ${reason}`);
    expect(readFileSync(at("diverged", "report.html"), "utf8")).toContain("nan.safetensors was not measured.");
    const none = await here(["profile", ...MODEL, "--weights", "nan.safetensors,nan.safetensors", ...QUICK]);
    expect(none.code).toBe(3);
    expect(none.err).toMatch(/holds NaN/);
  }, 60_000);
});
