import { describe, expect, it } from "vitest";
import { z } from "zod";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { real } from "../result/real.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { RunEvent } from "./event.ts";
import { type Edges, execute, performTask } from "./execute.ts";
import { here } from "./executor.ts";
import { defineExperiment } from "./experiment.ts";
import { defineTask } from "./task.ts";
import { encodeFinished, memoryStore, resultOf, type TaskStore } from "./task-store.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { runtime } from "../../test/support/run-values.ts";

const performed: number[] = [];

const draw = defineTask({
  name: "draw",
  subject: "none",
  input: z.object({ i: z.int() }),
  result: z.object({ own: real, common: real, odd: real }),
  label: ({ i }) => `draw ${i}`,
  opens: (request) => request,
  measure: (_subject, { i }, { failAt }, { random, common }) => {
    if (i === failAt) throw new ThalwegError({ kind: "input", code: "told-to", message: "It was told to fail." });
    performed.push(i);
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, 0.1 + 0.2][i % 3];
    return Promise.resolve({ own: random.uniform(), common: common.uniform(), odd });
  },
});

const draws: { own: number; common: number; odd: number }[] = [];

const experiment = defineExperiment({
  name: "draws",
  summary: "numbers at random",
  document: "draws",
  result: z.int(),
  show: (result) => [{ title: "Draws", caveats: [], text: [`${result} of them.`], readings: [], table: null }],
  arguments: [],
  examples: [],
  subject: "none",
  parameters: z.object({ count: z.int().default(5) }),
  tasks: [draw],
  async measure(_subject, { count }, desk) {
    draws.splice(
      0,
      draws.length,
      ...(await desk.tasks(
        draw,
        Array.from({ length: count }, (_, i) => ({ i })),
      )),
    );
    return {
      result: count,
      converged: true,
    };
  },
});

const EMPTY = { model: null, data: null, loss: null, precision: null, runtime: null, checks: [], warnings: [] };

function edges(store: TaskStore, events: RunEvent[] = []): Edges {
  const opened = { inputs: [], origin: () => EMPTY, close: () => Promise.resolve() };
  const never = () => Promise.reject(new Error("not asked for"));
  const openers = {
    none: () => Promise.resolve({ ...opened, subject: { runtime } }),
    problem: never,
    ground: never,
    network: never,
    checkpoints: never,
    path: never,
    model: never,
    described: never,
    results: never,
  };
  const listener = (event: RunEvent) => void events.push(event);
  return {
    openers,
    openFile: () => {
      throw new Error("not asked for");
    },
    executor: here,
    listener,
    clock: () => 0,
    held: () => 0,
    createdAt: () => "2026-11-22T00:00:00.000Z",
    isInterrupted: () => false,
    measuring: () => ({}),
    tasks: { openers, listener, context: () => ({}) },
    begin: () => ({ ...store, list: () => undefined }),
  };
}

/** What is asked of an experiment. */
function asked(change: { options?: Record<string, unknown>; seed?: number; budget?: number } = {}) {
  const identity = { thalweg: "1.0.0", command: [], config: {} };
  return { arguments: [], options: {}, seed: 0, budget: null, dryRun: false, output: null, identity, ...change };
}

/** Edges that note how much time each task is given. */
function timing(store: TaskStore) {
  const budgets: number[] = [];
  const all = edges(store);
  const context = (budget: number | null) => {
    if (budget !== null) budgets.push(budget);
    return {};
  };
  return { budgets, timed: { ...all, tasks: { ...all.tasks, context } } };
}

async function run(store: TaskStore, options: Record<string, unknown> = {}, seed = 0, events: RunEvent[] = []) {
  performed.length = 0;
  await execute(experiment, asked({ options, seed }), edges(store, events));
  return draws.slice();
}

/** A store whose texts can be spoilt. */
function spoilable() {
  const texts = new Map<string, string>();
  const store: TaskStore = { get: (hash) => texts.get(hash), put: (hash, text) => void texts.set(hash, text) };
  return { texts, store };
}

it("tasks that wait for nothing let a signal in between them, so that a run of them can be stopped", async () => {
  const store = memoryStore();
  const all = edges(store);
  const stopping = new AbortController();
  // What a signal is to a process: nothing is heard of it before the events have their turn.
  setTimeout(() => stopping.abort(), 0);
  performed.length = 0;
  const tasks = { ...all.tasks, context: () => ({ signal: stopping.signal }) };
  const count = 500;
  await expect(execute(experiment, asked({ options: { count } }), { ...all, tasks })).rejects.toMatchObject({
    kind: "interrupted",
  });
  expect(performed.length).toBeLessThan(count / 10);
});

it("two kinds of tasks of one name are refused where the experiment is defined: they would share results", () => {
  const define = (tasks: readonly (typeof draw)[]) =>
    defineExperiment({
      name: "tides",
      summary: "how high the water is",
      document: "tides",
      result: z.int(),
      arguments: [],
      examples: [],
      subject: "none",
      parameters: z.object({}),
      tasks,
      measure: () => Promise.resolve({ result: 0, converged: true }),
    });
  expect(define([draw]).tasks).toEqual([draw]);
  expect(() => define([draw, { ...draw }])).toThrow(/^Two kinds of tasks of the experiment tides are called "draw"/);
});

describe("a run of tasks", () => {
  it("does none of another recipe, whoever hands it out", async () => {
    const begun = { thalweg: "1", experiment: "draws", arguments: [], options: {}, seed: 0, budget: null, inputs: [] };
    const task = draw.of({ ...begun, options: { limit: 40 } }, { i: 1 });
    performed.length = 0;
    const store = memoryStore();
    const doing = performTask(draw, begun, task, { store, among: 1 }, edges(store).tasks);
    await expect(doing).rejects.toMatchObject({ code: "task-of-another-run" });
    expect(performed).toEqual([]);
    expect(store.get(task.hash)).toBeUndefined();
  });

  it("does each once, and gives the same numbers whether some were done before", async () => {
    const { store } = spoilable();
    const whole = await run(memoryStore());
    expect(performed).toEqual([0, 1, 2, 3, 4]);
    await expect(run(store, { failAt: 3 })).rejects.toThrow(/told to fail/);
    expect(performed).toEqual([0, 1, 2]);
    const events: RunEvent[] = [];
    // Another option is another recipe: nothing of it is taken over.
    expect(await run(store, {}, 0, events)).toEqual(whole);
    expect(performed).toEqual([0, 1, 2, 3, 4]);
    expect(await run(store)).toEqual(whole);
    expect(performed).toEqual([]);
    expect(events.filter(({ type }) => type === "section")).toHaveLength(10);
  });

  it("shares its time among all of them, also among those that are left", async () => {
    const { store, texts } = spoilable();
    const { budgets, timed } = timing(store);
    await execute(experiment, asked({ budget: 1000 }), timed);
    expect(budgets).toEqual(Array.from({ length: 5 }, () => 200));
    budgets.length = 0;
    texts.delete([...texts.keys()][0]);
    await execute(experiment, asked({ budget: 1000 }), timed);
    expect(budgets).toEqual([200]);
  });

  it("gives each kind its share of the time, and each task of a kind its part of that", async () => {
    const wait = (name: string, share: number) =>
      defineTask({
        name,
        share,
        subject: "none",
        input: z.object({ i: z.int() }),
        result: z.object({}),
        label: ({ i }) => `${name} ${i}`,
        opens: (request) => request,
        measure: () => Promise.resolve({}),
      });
    const [first, second] = [wait("first", 0.3), wait("second", 0.7)];
    const twoKinds = defineExperiment({
      name: "two-kinds",
      summary: "tasks of two kinds",
      document: "draws",
      result: z.int(),
      show: () => [],
      arguments: [],
      examples: [],
      subject: "none",
      parameters: z.object({}),
      tasks: [first, second],
      async measure(_subject, _options, desk) {
        await desk.tasks(first, [{ i: 0 }]);
        await desk.tasks(
          second,
          Array.from({ length: 7 }, (_, i) => ({ i })),
        );
        return { result: 0, converged: true };
      },
    });
    const { budgets, timed } = timing(memoryStore());
    await execute(twoKinds, asked({ budget: 1000 }), timed);
    const [early, ...late] = budgets;
    expect(early).toBeCloseTo(300, 9);
    expect(late).toHaveLength(7);
    for (const each of late) expect(each).toBeCloseTo(100, 9);
  });

  it("keeps NaN, ∞ and every bit", async () => {
    const odd = (await run(memoryStore(), { count: 3 })).map((each) => each.odd);
    expect(odd).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0.30000000000000004]);
  });

  it("splits the random numbers by task and by seed, and has common ones", async () => {
    const first = await run(memoryStore());
    const own = first.map((each) => each.own);
    expect(new Set(own).size).toBe(5);
    expect(new Set(first.map(({ common }) => common)).size).toBe(1);
    // As many as there are does not change what each is.
    expect((await run(memoryStore(), { count: 2 })).map((each) => each.own)).toEqual(own.slice(0, 2));
    expect((await run(memoryStore(), {}, 1)).map((each) => each.own)).not.toContain(own[0]);
  });

  it.each([
    ["is cut", (text: string) => text.slice(0, -20)],
    ["is empty", () => ""],
    ["has another digit", (text: string) => text.replace(/"own":0\.\d/, (digits) => `${digits.slice(0, -1)}5`)],
    ["is of another task", (_text: string, others: readonly string[]) => others[1]],
    ["is no JSON", () => "\u0000\u0000"],
  ])("does a task again whose file %s", async (_what, spoil) => {
    const { store, texts } = spoilable();
    const whole = await run(store);
    const [hash] = texts.keys();
    const before = texts.get(hash) ?? "";
    texts.set(hash, spoil(before, [...texts.values()]));
    expect(texts.get(hash)).not.toBe(before);
    expect(await run(store)).toEqual(whole);
    expect(performed).toHaveLength(1);
    expect(texts.get(hash)).toBe(before);
  });

  it.each([
    ["lacks a number", { own: 1, common: 2 }],
    ["has a word for a number", { own: 1, common: 2, odd: "much" }],
    ["is a list", [1, 2, 3]],
    ["is nothing", null],
  ])("is not done where a worker that lies, with a right checksum, leaves a result that %s", async (_what, lie) => {
    const { store, texts } = spoilable();
    const whole = await run(store);
    const { seed, budget, identity } = asked();
    const about = { thalweg: identity.thalweg, experiment: "draws", seed, budget };
    const task = draw.of({ ...about, arguments: [], options: {}, inputs: [] }, { i: 2 });
    const before = texts.get(task.hash) ?? "";
    expect(resultOf(store, task)).toEqual(JSON.parse(before).result);
    texts.set(task.hash, encodeFinished(task, lie));
    // Another process, that has seen nothing of it.
    const another: TaskStore = { ...store };
    expect(resultOf(another, task)).toEqual(lie);
    await expect(run(another)).rejects.toMatchObject({
      kind: "input",
      code: "task-result-unfit",
      message: expect.stringMatching(
        new RegExp(`^What tasks/${task.hash}\\.json holds is no result of the task draw 2 \\(`),
      ),
    });
    texts.delete(task.hash);
    expect(await run({ ...store })).toEqual(whole);
    expect(texts.get(task.hash)).toBe(before);
  });
});

describe("how a run ended", () => {
  const failed = { name: "planted", title: "A plant", passed: false, measured: 1, limit: 0, detail: "It was planted." };
  const ended = defineExperiment({
    name: "ended",
    summary: "as it is told",
    document: "ended",
    result: z.null(),
    arguments: [],
    examples: [],
    subject: "none",
    parameters: z.object({ converged: z.boolean(), fails: z.boolean(), faulty: z.boolean() }),
    measure: (_subject, { converged, fails, faulty }) =>
      Promise.resolve({
        result: null,
        converged,
        opened: { checks: fails ? [failed] : [], warnings: ["A warning of a task."] },
        faults: faulty ? [new Error("planted")] : [],
      }),
  });

  it.each([
    ["done", { converged: true, fails: false, faulty: false }],
    ["not-converged", { converged: false, fails: false, faulty: false }],
    ["check", { converged: false, fails: true, faulty: false }],
    ["fault", { converged: false, fails: true, faulty: true }],
  ])("%s, the worst first, with the checks and warnings of its tasks", async (state, options) => {
    const identity = { thalweg: "1.0.0", command: [], config: {} };
    const ask = { arguments: [], options, seed: 0, budget: null, dryRun: false, output: null, identity };
    const finished = await execute(ended, ask, edges(memoryStore()));
    if ("plan" in finished) throw new Error("a plan");
    expect(finished.state).toBe(state);
    expect(finished.document).toMatchObject({
      schema: "thalweg/ended@1",
      checks: options.fails ? [failed] : [],
      warnings: ["A warning of a task."],
    });
  });
});

it("a task whose files are other ones than the run began with is not done", async () => {
  const store = memoryStore();
  let opened = 0;
  const { openers, ...others } = edges(store);
  const changing = {
    ...openers,
    none: async (request: Parameters<typeof openers.none>[0]) => ({
      ...(await openers.none(request)),
      inputs: [{ path: "data.npz", sha256: opened++ === 0 ? "before" : "after" }],
    }),
  };
  const identity = { thalweg: "1.0.0", command: [], config: {} };
  const running = execute(
    experiment,
    { arguments: [], options: {}, seed: 0, budget: null, dryRun: false, output: null, identity },
    { ...others, openers: changing, tasks: { ...others.tasks, openers: changing } },
  );
  await expect(running).rejects.toMatchObject({ code: "file-changed" });
});

it("leaves files while it goes on, and ends where the time of the whole run is spent", async () => {
  const log: string[] = [];
  let asked = 0;
  const leaving = defineExperiment({
    name: "leaving",
    summary: "leaves files",
    document: "leaving",
    result: z.int(),
    show: () => [],
    arguments: [],
    examples: [],
    subject: "none",
    parameters: z.object({}),
    measure(_subject, _options, desk) {
      let files = 0;
      for (; !desk.isOutOfTime(); files++) desk.leave(`file ${files}`, [Uint8Array.of(files)]);
      log.push("ends");
      return Promise.resolve({ result: files, converged: true });
    },
  });
  const executed = await execute(
    leaving,
    {
      arguments: [],
      options: {},
      seed: 0,
      budget: 1000,
      dryRun: false,
      output: null,
      identity: { thalweg: "1.0.0", command: [], config: {} },
    },
    {
      ...edges(memoryStore()),
      measuring: () => ({ outOfTime: () => ++asked > 2 }),
      leave: (name, content) => void log.push(`${name}: ${[...content].map((bytes) => bytes.join()).join()}`),
    },
  );
  expect(log).toEqual(["file 0: 0", "file 1: 1", "ends"]);
  expect("plan" in executed ? undefined : executed.document).toMatchObject({ result: 2 });
});

describe("the checks of every run", () => {
  /** What was done, in order, and the checks of the document. */
  async function checked({ waits, asksMeanwhile = true }: { waits: boolean; asksMeanwhile?: boolean }) {
    const log: string[] = [];
    const measuring = defineExperiment({
      name: "waiting",
      summary: "waits for another thread",
      document: "waiting",
      result: z.int(),
      show: () => [],
      arguments: [],
      examples: [],
      subject: "problem",
      endsEarly: true,
      checks: "every-run",
      parameters: z.object({}),
      waits: () => waits,
      async measure(_subject, _options, { context }) {
        log.push("begins");
        if (asksMeanwhile) await context.meanwhile?.();
        log.push("ends");
        return { result: 1, converged: true };
      },
    });
    const problem = denseProblem(
      [{ name: "one", inputs: 2, weights: [1, 2, -1, 0.5], bias: [0.1, 0.2], activation: "Tanh" }],
      [
        [1, 2],
        [0.5, -1],
        [-1, 0.3],
      ],
      [0, 1, 1],
      crossEntropy,
    );
    const all = edges(memoryStore());
    const weightsOf = () => expect.unreachable();
    const opened = {
      subject: { problem, weightsOf, fileWith: () => undefined },
      inputs: [],
      origin: () => EMPTY,
      close: () => Promise.resolve(),
    };
    const executed = await execute(
      measuring,
      {
        arguments: [],
        options: {},
        seed: 0,
        budget: null,
        dryRun: false,
        output: null,
        identity: { thalweg: "1.0.0", command: [], config: {} },
      },
      {
        ...all,
        openers: { ...all.openers, problem: () => Promise.resolve(opened) },
        measuring: () => ({
          progress: ({ stage, done }) => void (stage === "checks" && done === 0 && log.push("checks")),
          meanwhile: () => Promise.resolve(log.push("what the caller has to do")),
        }),
      },
    );
    return { log, checks: "plan" in executed ? [] : executed.document.checks };
  }

  it("come first, while a measurement waits for another thread, or behind it, and are the same", async () => {
    const first = await checked({ waits: false });
    expect(first.log).toEqual(["checks", "begins", "what the caller has to do", "ends"]);
    const meanwhile = await checked({ waits: true });
    expect(meanwhile.log).toEqual(["begins", "checks", "what the caller has to do", "ends"]);
    const behind = await checked({ waits: true, asksMeanwhile: false });
    expect(behind.log).toEqual(["begins", "ends", "checks"]);
    expect(first.checks.length).toBeGreaterThan(5);
    expect(meanwhile.checks).toEqual(first.checks);
    expect(behind.checks).toEqual(first.checks);
  });
});
