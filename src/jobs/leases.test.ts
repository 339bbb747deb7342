import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRunFolder, openRunFolder, type RunFolder } from "../io/run-folder.ts";
import type { RunEvent } from "../runs/event.ts";
import type { Task } from "../runs/task.ts";
import { encodeFinished } from "../runs/task-store.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { folderExecutor } from "./folder-executor.ts";
import { openLeases } from "./leases.ts";
import { work } from "./work.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "thalweg-leases-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function crew(lasts = 100) {
  let now = 0;
  const of = (worker: string) => openLeases(folder, { worker, lasts, clock: () => now });
  return { a: of("a"), b: of("b"), wait: (ms: number) => void (now += ms) };
}

describe("a lease", () => {
  it("belongs to one worker until it is given back", () => {
    const { a, b } = crew();
    const lease = a.claim("t");
    expect(lease).toBeDefined();
    expect(b.claim("t")).toBeUndefined();
    expect(a.claim("t")).toBeUndefined();
    expect(b.claim("other")).toBeDefined();
    lease?.release();
    expect(b.claim("t")).toBeDefined();
  });

  it("is taken over when it has been seen to stand still for as long as it lasts", () => {
    const { a, b, wait } = crew();
    const lease = a.claim("t");
    expect(b.claim("t")).toBeUndefined();
    wait(99);
    expect(b.claim("t")).toBeUndefined();
    lease?.renew();
    wait(99);
    expect(b.claim("t")).toBeUndefined();
    wait(100);
    expect(b.claim("t")).toBeDefined();
    // Who comes back late takes nothing away from the one who is at it now.
    lease?.renew();
    lease?.release();
    expect(a.claim("t")).toBeUndefined();
    expect(readdirSync(join(folder, "leases"))).toEqual(["t.lease"]);
  });

  it("is not old for who has just come, however long it has stood", () => {
    const { a, b, wait } = crew();
    a.claim("t");
    wait(1e9);
    expect(b.claim("t")).toBeUndefined();
    wait(100);
    expect(b.claim("t")).toBeDefined();
  });

  it("of a worker that is known to be dead is given back at once", () => {
    const { a, b } = crew();
    a.claim("t");
    a.claim("u");
    b.releaseAllOf("a");
    expect(b.claim("t")).toBeDefined();
    b.releaseAllOf("a");
    expect(a.claim("t")).toBeUndefined();
  });

  it("does not hide why a task fails where that cannot be written", () => {
    const { a } = crew();
    mkdirSync(join(folder, "leases", "t.failed"));
    expect(() => a.fail("t", new Error("the task's own"))).not.toThrow();
    expect(readdirSync(join(folder, "leases", "t.failed"))).toEqual([]);
  });

  it("is written through no link", () => {
    const { a, b } = crew();
    const victim = join(folder, "victim");
    writeFileSync(victim, "mine");
    const lease = a.claim("t");
    for (const name of ["t.failed", "u.lease"]) symlinkSync(victim, join(folder, "leases", name));
    a.fail("t", new Error("the task's own"));
    expect(() => b.claim("u")).toThrow(expect.objectContaining({ code: "link-in-folder" }));
    writeFileSync(victim, readFileSync(join(folder, "leases", "t.lease")));
    rmSync(join(folder, "leases", "t.lease"));
    symlinkSync(victim, join(folder, "leases", "t.lease"));
    const before = readFileSync(victim, "utf8");
    expect(() => lease?.renew()).toThrow(expect.objectContaining({ code: "link-in-folder" }));
    expect(readFileSync(victim, "utf8")).toBe(before);
  });

  it("that was torn by a crash expires, too", () => {
    const { b, wait } = crew();
    writeFileSync(join(folder, "leases", "t.lease"), "");
    expect(b.claim("t")).toBeUndefined();
    wait(100);
    expect(b.claim("t")).toBeDefined();
  });
});

describe("workers in a folder", () => {
  const TASKS: Task[] = Array.from({ length: 40 }, (_, i) => ({
    kind: "k",
    input: i,
    label: `${i}`,
    hash: i.toString(16).padStart(64, "0"),
  }));
  const performed: string[] = [];
  const waitForOthers = () =>
    folderExecutor(() => run).run({
      tasks: TASKS,
      isDone: () => false,
      perform: () => Promise.resolve(),
      onDone: () => undefined,
      listener: () => undefined,
      context: {},
    });
  let run: RunFolder;
  beforeEach(() => {
    performed.length = 0;
    run = createRunFolder(join(folder, "run"), {
      schema: "thalweg/run@1",
      createdAt: "2026-11-22T00:00:00.000Z",
      directory: "/",
      command: [],
      config: {},
      build: "1 (abc)",
      recipe: { thalweg: "1", experiment: "e", arguments: [], options: {}, seed: 0, budget: null, inputs: [] },
    });
    run.list(TASKS);
  });

  const worker = (name: string, leaseLasts: number, hangAt = -1, folder = run) =>
    work({
      folder,
      worker: name,
      leaseLasts,
      context: {},
      perform: async (task) => {
        if (task.input === hangAt) await new Promise(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 2));
        performed.push(task.label);
        run.put(task.hash, encodeFinished(task, task.input));
      },
    });

  it("do every task once, together", async () => {
    const counts = await Promise.all(["a", "b", "c"].map((name) => worker(name, 10_000)));
    expect(counts.reduce((sum, each) => sum + each)).toBe(40);
    expect(performed.toSorted((a, b) => Number(a) - Number(b))).toEqual(TASKS.map(({ label }) => label));
    expect(counts.every((count) => count > 5)).toBe(true);
  });

  it("do every task once, however far the clock of the day jumps meanwhile", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const day = 86_400_000;
      const now = Date.now();
      const jump = setInterval(() => vi.setSystemTime(now + (performed.length % 3) * day - day), 1);
      const counts = await Promise.all(["a", "b"].map((name) => worker(name, 10_000)));
      clearInterval(jump);
      expect(counts.reduce((sum, each) => sum + each)).toBe(40);
      expect(new Set(performed).size).toBe(40);
      // One that stands still is taken over after its lease, not after its lease and a day.
      writeFileSync(join(run.path, "tasks", `${TASKS[3].hash}.json`), "");
      openLeases(run.path, { worker: "dead", lasts: 1, clock: () => 0 }).claim(TASKS[3].hash);
      vi.setSystemTime(now - day);
      expect(await worker("c", 100, -1, openRunFolder(run.path))).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("take over what one leaves that stands still", async () => {
    const dead = openLeases(run.path, { worker: "dead", lasts: 1, clock: () => 0 });
    dead.claim(TASKS[7].hash);
    // Long beside what all others take, on a busy machine too.
    expect(await worker("a", 1000)).toBe(40);
    expect(performed.at(-1)).toBe("7");
  });

  it("do not do what is done, and do again what is torn", async () => {
    await worker("a", 1000);
    performed.length = 0;
    const torn = join(run.path, "tasks", `${TASKS[3].hash}.json`);
    writeFileSync(torn, readFileSync(torn).subarray(0, 30));
    // Another process: what this one found whole it does not look at again.
    expect(await worker("b", 1000, -1, openRunFolder(run.path))).toBe(1);
    expect(performed).toEqual(["3"]);
  });

  it("tell whoever waits what they say", async () => {
    const heard: RunEvent[] = [];
    const done = new Set<string>();
    const waiting = folderExecutor(() => run).run({
      tasks: TASKS.slice(0, 1),
      isDone: ({ hash }) => done.has(hash),
      perform: () => Promise.resolve(),
      onDone: () => undefined,
      listener: (event) => heard.push(event),
      context: {},
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    run.record({ type: "progress", task: "0", stage: "trace", done: 3 }, "a");
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    done.add(TASKS[0].hash);
    await waiting;
    expect(heard).toMatchObject([{ by: "a", type: "progress", task: "0", stage: "trace", done: 3 }]);
  });

  it("and whoever waits end once another run is begun in the folder; what fails then is no failure of that one", async () => {
    const waiting = waitForOthers();
    const working = work({
      folder: run,
      worker: "a",
      leaseLasts: 1000,
      context: {},
      perform: (task) => {
        createRunFolder(run.path, { ...run.run, createdAt: "2026-11-22T00:00:01.000Z" }).list(TASKS);
        run.put(task.hash, encodeFinished(task, task.input));
        return Promise.resolve();
      },
    });
    for (const ended of await Promise.allSettled([waiting, working]))
      expect(ended).toMatchObject({ status: "rejected", reason: { code: "run-replaced" } });
    expect(readdirSync(join(run.path, "leases"))).toEqual([]);
    expect(readdirSync(join(run.path, "tasks"))).toEqual([]);
  });

  it("tell whoever waits what cannot be done", async () => {
    const refusal = new ThalwegError({ kind: "input", code: "weights-missing", message: "It lacks a tensor." });
    const waiting = waitForOthers();
    const failing = work({
      folder: run,
      worker: "a",
      leaseLasts: 1000,
      context: {},
      perform: () => Promise.reject(refusal),
    });
    await expect(failing).rejects.toThrow(/lacks a tensor/);
    await expect(waiting).rejects.toMatchObject({ code: "weights-missing", kind: "input" });
  });
});
