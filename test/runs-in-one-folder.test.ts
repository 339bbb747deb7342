/** @thorough Many processes in one folder: half a minute. */

import { type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ALL, checkpointRuns, MODEL, QUICK, withoutProvenance } from "./support/checkpoint-runs.ts";
import { thalweg } from "./support/spawn-node.ts";

/* Whatever is begun, continued and worked on in one folder: each number in it is of the run that its file names. */

const { at, run, here, resultIn, leasesOf, tasksIn } = checkpointRuns([0, 5]);
const ONE = [...MODEL, "--weights", "step-0.safetensors", ...QUICK];

const until = async (isSo: () => boolean) => {
  while (!isSo()) await sleep(5);
};

/** Until the tasks of the run that is there now are listed. */
const listed = (path: string) =>
  until(() => existsSync(at(path, "tasks.json")) && readFileSync(at(path, "tasks.json"), "utf8").includes("step-"));

const words = (text: string) => text.replaceAll(/\s+/g, " ");

describe("a run that is begun where another is on its way", () => {
  it("has no number of the other: whoever works for that one ends, and says why", async () => {
    const other = run(["profile", ...ALL, "-o", "both", "--executor", "folder"]);
    await listed("both");
    const children: ChildProcess[] = [];
    const stale = run(["work", "both", "-q"], (child) => children.push(child));
    await until(() => leasesOf("both").length > 0);
    children[0].kill("SIGSTOP");
    expect(tasksIn("both")).toEqual([]);
    const command = ["profile", ...ALL, "--limit", "6"];
    const begun = run([...command, "-o", "both", "--executor", "folder"]);
    const replaced = await other;
    await listed("both");
    children[0].kill("SIGCONT");
    for (const { code, err, out } of [replaced, await stale]) {
      expect(words(err)).toContain("both is not the folder of this run any more: another was begun in it meanwhile");
      expect(code).toBe(2);
      expect(out).not.toContain("Written to");
    }
    expect(tasksIn("both")).toEqual([]);
    expect(readdirSync(at("both", "leases"))).toEqual([]);
    const work = await run(["work", "both", "-q"]);
    expect(work.code, work.err).toBe(0);
    expect((await begun).code).toBe(0);
    const alone = await here([...command, "-o", "alone"]);
    expect(alone.code, alone.err).toBe(0);
    expect(withoutProvenance(resultIn("both"))).toEqual(withoutProvenance(resultIn("alone")));
  }, 120_000);

  it("does not take the place of tasks that are done, whatever kind of run it is", async () => {
    const unfinished = await here(["profile", ...ALL, "-o", "kept"]);
    expect(unfinished.code, unfinished.err).toBe(0);
    rmSync(at("kept", "result.json"));
    const refused = await here(["profile", ...ONE, "-o", "kept"]);
    expect(words(refused.err)).toContain("kept holds an unfinished run, of which 2 tasks are done");
    expect(refused.code).toBe(2);
    expect(tasksIn("kept")).toHaveLength(2);
  }, 60_000);
});

describe("a run without tasks", () => {
  it("is continued as it was begun, or not at all", async () => {
    const whole = await here(["profile", ...ONE, "-o", "plain"]);
    expect(whole.code, whole.err).toBe(0);
    const before = readFileSync(at("plain", "result.json"), "utf8");
    const refused = await here(["profile", "--resume", "plain", "--limit", "6", "-q"]);
    expect(words(refused.err)).toMatch(/plain cannot be continued: --limit was not given and is 6/);
    cpSync(at("step-0.safetensors"), at("kept.safetensors"));
    cpSync(at("step-5.safetensors"), at("step-0.safetensors"));
    const changed = await here(["profile", "--resume", "plain", "-q"]);
    cpSync(at("kept.safetensors"), at("step-0.safetensors"));
    expect(words(changed.err)).toMatch(/plain cannot be continued: step-0\.safetensors holds other bytes/);
    const elsewhere = await here(["profile", "--resume", "plain", "-o", "aside", "-q"]);
    expect(words(elsewhere.err)).toContain("The run in plain is continued there, and --out names aside");
    expect(existsSync(at("aside"))).toBe(false);
    for (const { code } of [refused, changed, elsewhere]) expect(code).toBe(2);
    expect(readFileSync(at("plain", "result.json"), "utf8")).toBe(before);
    const again = await here(["profile", "--resume", "plain", "-o", "./plain/", "-q"]);
    expect(again.code, again.err).toBe(0);
  }, 60_000);

  it("whose time was too short is told to need more of it, also where it is continued", async () => {
    const command = ["profile", ...ONE, "--time", "1ms", "--only", "trace", "-o", "short"];
    const hurried = await here(command);
    expect(words(hurried.out)).toMatch(/not reached.* its time was spent, .* a longer --time/);
    const again = await here(["profile", "--resume", "short"]);
    expect(words(again.err)).toMatch(/short is measured again from the start, within the same --time 1ms, .* a longer/);
    for (const { code } of [hurried, again]) expect(code).toBe(5);
    const unhurried = await here(["profile", "--resume", "plain"]);
    expect(unhurried.err).not.toContain("again from the start");
  }, 60_000);

  it("has nothing for others to do, which is said as it is", async () => {
    const refused = await here(["work", "plain"]);
    expect(words(refused.err)).toContain("The run in plain is not made of tasks that others could do");
    expect(refused.code).toBe(2);
    expect(readdirSync(at("plain"))).not.toContain("leases");
    expect(readdirSync(at("plain"))).not.toContain("tasks");
  }, 60_000);
});

describe("a worker in another folder than that of the run", () => {
  it("is refused where its files are not there, or others, and costs nobody a task; a copy will do", async () => {
    const begun = run(["profile", ...ALL, "-o", "far", "--executor", "folder"]);
    await listed("far");
    mkdirSync(at("elsewhere"));
    const there = (...args: string[]) => thalweg(args, { cwd: at("elsewhere") });
    const missing = await there("work", "../far", "-q");
    expect(words(missing.err)).toMatch(
      /far was begun in \S+, and from here (d\.npz|step-0\.safetensors) does not exist/,
    );
    for (const name of ["d.npz", "step-5.safetensors"]) cpSync(at(name), at("elsewhere", name));
    cpSync(at("step-5.safetensors"), at("elsewhere", "step-0.safetensors"));
    const others = await there("work", "../far", "-q");
    expect(words(others.err)).toMatch(/from here step-0\.safetensors is another file/);
    for (const { code } of [missing, others]) expect(code).toBe(2);
    expect(existsSync(at("far", "leases")) ? readdirSync(at("far", "leases")) : []).toEqual([]);
    cpSync(at("step-0.safetensors"), at("elsewhere", "step-0.safetensors"));
    const copy = await there("work", "../far", "-q");
    expect(copy.code, copy.err).toBe(0);
    const { code, err } = await begun;
    expect(code, err).toBe(0);
  }, 60_000);
});
