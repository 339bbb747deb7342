import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { encodeTasks, type RunFile, runIdentity } from "../runs/run-file.ts";
import { expandPaths, standsForSeveral } from "./expand-paths.ts";
import { partialName } from "./partial-name.ts";
import { createRunFolder, openRunFolder, tidyRunFolder } from "./run-folder.ts";
import { addToFolder, writeFolderAtomically } from "./write-atomically.ts";

let folder = "";
const at = (...path: string[]) => join(folder, ...path);
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "thalweg-runs-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const RUN: RunFile = {
  schema: "thalweg/run@1",
  createdAt: "2026-11-22T00:00:00.000Z",
  directory: "/",
  command: ["profile"],
  config: {},
  build: "1 (abc)",
  recipe: { thalweg: "1", experiment: "e", arguments: [], options: {}, seed: 0, budget: null, inputs: [] },
};

describe("the folder of a run", () => {
  it("keeps tasks, and is ours with all of them", () => {
    const run = createRunFolder(at("run"), RUN);
    run.put("abc", "text");
    run.list([{ hash: "abc", kind: "k", label: "l", input: { a: 1 } }]);
    run.record({ type: "section", task: "l", name: "k", state: "done" }, "a");
    run.record({ type: "note", text: "two\nlines" }, "b");
    const lines = readFileSync(at("run", "events.ndjson"), "utf8").trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { by: "a", type: "section", task: "l", state: "done" },
      { by: "b", type: "note", text: "two\nlines" },
    ]);
    const again = openRunFolder(at("run"));
    expect(again.run).toEqual(RUN);
    expect(again.get("abc")).toBe("text");
    expect(again.get("abd")).toBeUndefined();
    expect(again.listed()).toEqual([{ hash: "abc", kind: "k", label: "l", input: { a: 1 } }]);
    rmSync(at("run", "tasks", "abc.json"));
    expect(createRunFolder(at("run"), RUN).listed()).toEqual([]);
  });

  it("is not begun anew over tasks that are done and have no result yet", () => {
    createRunFolder(at("run"), RUN).put("abc", "text");
    expect(() => createRunFolder(at("run"), RUN)).toThrow(/unfinished run, of which 1 task is done/);
    writeFileSync(at("run", "result.json"), "{}");
    // The result was not written by us: the folder is somebody's own now.
    expect(() => createRunFolder(at("run"), RUN)).toThrow(/holds result\.json, which no run of thalweg wrote/);
    rmSync(at("run", "result.json"));
    rmSync(at("run", "tasks", "abc.json"));
    expect(createRunFolder(at("run"), RUN).listed()).toEqual([]);
  });

  it("that holds a file of somebody else is not replaced", () => {
    createRunFolder(at("run"), RUN);
    writeFileSync(at("run", "tasks.txt"), "mine");
    expect(() => writeFolderAtomically(at("run"), [["a", "b"]])).toThrow(/holds tasks\.txt/);
  });

  it.each(["tasks", "leases"])("keeps what somebody has put into its %s", (name) => {
    const hash = "0a".repeat(32);
    createRunFolder(at("run"), RUN);
    writeFileSync(at("run", "leases", `${hash}.failed`), "");
    writeFileSync(at("run", "leases", `${hash}.lease.w-1.1`), "");
    createRunFolder(at("run"), RUN).put(hash, "text");
    addToFolder(at("run"), [["result.json", "{}"]]);
    const mine = at("run", name, "notes.json");
    writeFileSync(mine, "mine");
    expect(() => createRunFolder(at("run"), RUN)).toThrow(/notes\.json, which no run of thalweg wrote/);
    expect(readFileSync(mine, "utf8")).toBe("mine");
    rmSync(mine);
    createRunFolder(at("run"), RUN);
    expect(readdirSync(at("run", "tasks"))).toEqual([]);
  });

  it.each(["tasks", "leases", "events.ndjson"])("is not opened with a link in the place of %s", (name) => {
    createRunFolder(at("run"), RUN);
    rmSync(at("run", name), { recursive: true });
    mkdirSync(at("victim"));
    symlinkSync(at("victim"), at("run", name));
    expect(() => openRunFolder(at("run"))).toThrow(expect.objectContaining({ code: "link-in-folder" }));
  });

  it("is written through no link, also of one that comes later", () => {
    const run = createRunFolder(at("run"), RUN);
    mkdirSync(at("victim"));
    writeFileSync(at("victim", "file"), "mine");
    for (const name of ["tasks", "events.ndjson", "tasks.json"]) rmSync(at("run", name), { recursive: true });
    for (const name of ["tasks", "figures"]) symlinkSync(at("victim"), at("run", name));
    for (const name of ["events.ndjson", "tasks.json", "report.html"])
      symlinkSync(at("victim", "file"), at("run", name));
    const refused = expect.objectContaining({ kind: "usage", code: "link-in-folder" });
    expect(() => run.put("abc", "text")).toThrow(refused);
    expect(() => addToFolder(at("run"), [["figures/a.svg", "<svg/>"]])).toThrow(refused);
    run.record({ type: "note", text: "said" }, "a");
    run.list([]);
    addToFolder(at("run"), [["report.html", "<p>"]]);
    for (const name of ["tasks.json", "report.html"]) expect(lstatSync(at("run", name)).isFile()).toBe(true);
    expect(readdirSync(at("victim"))).toEqual(["file"]);
    expect(readFileSync(at("victim", "file"), "utf8")).toBe("mine");
  });

  it("says so where a file is in the place of a folder", () => {
    createRunFolder(at("run"), RUN);
    writeFileSync(at("run", "figures"), "mine");
    expect(() => addToFolder(at("run"), [["figures/a.svg", "<svg/>"]])).toThrow(/figures is not a folder/);
    expect(readFileSync(at("run", "figures"), "utf8")).toBe("mine");
    rmSync(at("run", "tasks"), { recursive: true });
    writeFileSync(at("run", "tasks"), "mine");
    expect(() => openRunFolder(at("run"))).toThrow(/tasks is not a folder/);
    expect(() => createRunFolder(at("run"), RUN)).toThrow(expect.objectContaining({ code: "folder-not-ours" }));
  });

  it("that was copied without names that begin with a dot is continued, and replaced only where all in it is a run's", () => {
    createRunFolder(at("run"), RUN);
    rmSync(at("run", ".thalweg-files"));
    tidyRunFolder(at("run"));
    addToFolder(at("run"), [["result.json", "{}"]]);
    writeFileSync(at("run", "mine"), "");
    expect(() => createRunFolder(at("run"), RUN)).toThrow(/holds mine/);
    rmSync(at("run", "mine"));
    createRunFolder(at("run"), RUN);
    expect(readdirSync(at("run"))).not.toContain("result.json");
  });

  it("loses what was left half written, but nothing that may still be written", () => {
    createRunFolder(at("run"), RUN);
    const ended = spawnSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).stdout.trim();
    const living = partialName(at("run", "tasks.json"));
    const left = living.replace(`-${process.pid}-`, `-${ended}-`);
    for (const path of [living, left, at("run", "tasks", ".a.json.1-2.partial")]) writeFileSync(path, "half");
    tidyRunFolder(at("run"));
    expect(readdirSync(at("run")).filter((name) => name.endsWith(".partial"))).toEqual([basename(living)]);
    expect(readdirSync(at("run", "tasks"))).toEqual([".a.json.1-2.partial"]);
  });

  it("that a killed process left with a file half written in one of its folders is tidied, or replaced", () => {
    const name = ".step-000030.safetensors.";
    const ended = spawnSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).stdout.trim();
    const half = partialName(at("run", "checkpoints", "step-000030.safetensors"));
    const left = half.replace(`-${process.pid}-`, `-${ended}-`);
    const begin = () => {
      createRunFolder(at("run"), RUN);
      addToFolder(at("run"), [["checkpoints/step-000030.safetensors", "whole"]]);
      writeFileSync(left, "half");
    };
    const halves = () => readdirSync(at("run", "checkpoints")).filter((each) => each.startsWith(name));
    begin();
    tidyRunFolder(at("run"));
    expect(halves()).toEqual([]);
    writeFileSync(half, "still at it");
    tidyRunFolder(at("run"));
    expect(halves()).toHaveLength(1);
    begin();
    addToFolder(at("run"), [["checkpoints/step-000030.safetensors", "again"]]);
    expect(halves()).toEqual([]);
    begin();
    writeFileSync(at("run", "checkpoints", ".mine.partial"), "foreign");
    expect(() => createRunFolder(at("run"), RUN)).toThrow(/holds checkpoints\/\.mine\.partial/);
    rmSync(at("run", "checkpoints", ".mine.partial"));
    createRunFolder(at("run"), RUN);
    expect(readdirSync(at("run"))).not.toContain("checkpoints");
  });

  it("goes by the clock of its disk: another machine may write what looks old here", () => {
    createRunFolder(at("run"), RUN);
    writeFileSync(at("run", "tasks", ".a.json.1-2.partial"), "half");
    vi.useFakeTimers({ now: Date.now() + 86_400_000, toFake: ["Date"] });
    try {
      tidyRunFolder(at("run"));
    } finally {
      vi.useRealTimers();
    }
    expect(readdirSync(at("run", "tasks"))).toEqual([".a.json.1-2.partial"]);
  });

  it("tells what is said from now on, each line once and whole", () => {
    const run = createRunFolder(at("run"), RUN);
    run.record({ type: "note", text: "before" }, "a");
    const said = run.follow();
    expect(said()).toEqual([]);
    run.record({ type: "progress", task: "t", stage: "trace", done: 1, total: 2 }, "a");
    expect(said()).toMatchObject([{ by: "a", type: "progress", task: "t", stage: "trace", done: 1, total: 2 }]);
    const diary = at("run", "events.ndjson");
    appendFileSync(diary, 'torn\n{"type":"of another version"}\n{"type":"note","by":"b","te');
    expect(said()).toEqual([]);
    appendFileSync(diary, 'xt":"ä"}\n');
    expect(said()).toEqual([{ by: "b", type: "note", text: "ä" }]);
    expect(said()).toEqual([]);
    rmSync(diary);
    expect(said()).toEqual([]);
  });

  it("is another's once another run is begun in it: nothing is written for the first, and nothing read of the second", () => {
    const [task] = [{ hash: "abc", kind: "k", label: "l", input: 1 }];
    const first = createRunFolder(at("run"), RUN);
    first.requireOurs();
    const second = createRunFolder(at("run"), { ...RUN, createdAt: "2026-11-22T00:00:01.000Z" });
    second.list([task]);
    const writes = [
      () => first.requireOurs(),
      () => first.listed(),
      () => first.put("abc", "text"),
      () => first.list([]),
    ];
    for (const write of writes) expect(write).toThrow(/another was begun in it meanwhile/);
    first.record({ type: "note", text: "late" }, "a");
    expect(readFileSync(at("run", "events.ndjson"), "utf8")).toBe("");
    expect(second.listed()).toEqual([task]);
    expect(second.get("abc")).toBeUndefined();
    // Had the first written its list at the very moment of the change.
    writeFileSync(at("run", "tasks.json"), encodeTasks([task], runIdentity(RUN)));
    expect(() => second.listed()).toThrow(/another was begun in it meanwhile/);
    rmSync(at("run"), { recursive: true });
    for (const write of writes) expect(write).toThrow(/it was removed or moved meanwhile/);
  });

  it("is refused where there is none", () => {
    expect(() => openRunFolder(at("nowhere"))).toThrow(/holds no run\.json/);
    mkdirSync(at("other"));
    writeFileSync(at("other", "run.json"), "{");
    expect(() => openRunFolder(at("other"))).toThrow(/does not say what run it is of/);
  });
});

describe("paths with wildcards", () => {
  beforeEach(() => {
    for (const name of ["a", "b"]) mkdirSync(at(name));
    for (const step of [100, 9, 10]) writeFileSync(at("a", `step-${step}.st`), "");
    writeFileSync(at("b", "step-1.st"), "");
    writeFileSync(at("a", ".step-0.st"), "");
    writeFileSync(at("what?.st"), "");
  });

  it("stand for files in natural order, each once", () => {
    const steps = [9, 10, 100].map((step) => at("a", `step-${step}.st`));
    expect(expandPaths([at("a", "step-*.st")])).toEqual(steps);
    expect(expandPaths([at("a", "step-100.st"), at("a", "step-*.st")])).toEqual([steps[2], steps[0], steps[1]]);
    expect(expandPaths([at("*", "step-1*.st")])).toEqual([steps[1], steps[2], at("b", "step-1.st")]);
    expect(expandPaths([at("a", "step-??.st")])).toEqual([steps[1]]);
  });

  it("must fit something, and are names where a file is called so", () => {
    expect(() => expandPaths([at("c-*")])).toThrow(/No file fits/);
    expect(expandPaths([at("what?.st")])).toEqual([at("what?.st")]);
    expect(standsForSeveral([at("what?.st")])).toBe(false);
    expect(standsForSeveral([at("a", "*")])).toBe(true);
    expect(standsForSeveral(["a", "b"])).toBe(true);
  });
});
