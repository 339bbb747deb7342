/** @thorough Kills on each executor: a minute. */

import { type ChildProcess, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom, type RandomStream } from "../src/random/random-stream.ts";
import { ALL, checkpointRuns, withoutProvenance } from "./support/checkpoint-runs.ts";
import { NO_QUEUE_SERVER, type QueueServer, queueServer } from "./support/queue-server.ts";
import type { Finished } from "./support/spawn-node.ts";

/*
 * A run is killed at random moments and continued each time, on every executor: it must equal one that was not, bit for bit.
 *
 * In full, 40 checkpoints and 30 kills on each: THALWEG_KILLS=30 npx vitest run test/executors.test.ts
 */

const KILLS = Number(process.env["THALWEG_KILLS"] ?? 2);
const IS_FULL = KILLS >= 10;
const CHECKPOINTS = IS_FULL ? 40 : 5;
const SEED = Number(process.env["THALWEG_SEED"] ?? 1);
const LEASE_MS = 1000;
/** A task is done in so long, whatever happened before. */
const LONGEST_MS = 60_000;
/** A run of a few tasks, on a busy machine. */
const PATIENCE = IS_FULL ? 3_600_000 : 300_000;

const { at, run, resultIn, tasksIn } = checkpointRuns(Array.from({ length: CHECKPOINTS }, (_, i) => i));

let server: QueueServer;
/** A run whose queue nobody serves. */
let unserved: Promise<Finished>;
/** Until the first task of a run is done, in milliseconds, as busy as the machine is. */
let firstTask = 0;
beforeAll(async () => {
  if (!NO_QUEUE_SERVER) await (server = await queueServer()).start();
  const begun = performance.now();
  let hasEnded = false;
  const running = run(["profile", ...ALL, "-o", "whole"]).finally(() => (hasEnded = true));
  await until(() => tasksIn("whole").length > 0 || hasEnded);
  firstTask = performance.now() - begun;
  const whole = await running;
  if (whole.code !== 0) throw new Error(whole.err);
  // It waits for a long time, and the others do not wait for it.
  if (!NO_QUEUE_SERVER) unserved = run(["profile", ...ALL, "-o", "nowhere", "--executor", "queue:redis://127.0.0.1:1"]);
}, PATIENCE);
afterAll(() => (NO_QUEUE_SERVER ? undefined : server.stop()));

const until = async (isSo: () => boolean) => {
  while (!isSo()) await sleep(5);
};

/** A process that can be killed. */
interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Finished>;
}

function start(args: readonly string[]): Started {
  const children: ChildProcess[] = [];
  const ended = run(args, (child) => children.push(child));
  return { child: children[0], ended };
}

const isRunning = ({ child }: Started) => child.exitCode === null && child.signalCode === null;

async function killed(each: Started): Promise<void> {
  each.child.kill("SIGKILL");
  await each.ended;
}

/** The processes that a process has started. */
function childrenOf({ pid = 0 }: ChildProcess): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return stdout.trim().split(/\s+/).filter(Boolean).map(Number);
}

function exists(pid: number): boolean {
  // What has ended and was not waited for is no process any more.
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

/** Who does the tasks of a run, and what may happen to them besides. */
interface Kind {
  readonly executor: () => string;
  /** How many `thalweg work` there are, and what they are told. */
  readonly helpers?: { readonly count: number; readonly args: () => string[] };
  readonly accidents: readonly Accident[];
}

type Accident = "all" | "coordinator" | "worker" | "frozen" | "server" | "server-away";

const LEASE = ["--lease", `${LEASE_MS}ms`, "-q"];

const KINDS: Readonly<Record<string, Kind>> = {
  here: { executor: () => "here", accidents: ["coordinator"] },
  "workers:2": { executor: () => "workers:2", accidents: ["coordinator", "worker"] },
  folder: {
    executor: () => "folder",
    helpers: { count: 2, args: () => LEASE },
    accidents: ["all", "worker", "frozen", "coordinator"],
  },
  queue: {
    executor: () => `queue:${server.url}`,
    helpers: { count: 2, args: () => ["--queue", server.url, ...LEASE] },
    accidents: ["server", "all", "worker", "server-away", "coordinator", "frozen"],
  },
};

/** A run with whoever works on it, kept going until it is done. */
class Crew {
  private readonly path: string;
  private readonly kind: Kind;
  private helpers: Started[] = [];
  coordinator: Started;

  constructor(path: string, kind: Kind) {
    this.path = path;
    this.kind = kind;
    this.coordinator = this.begin();
  }

  /** Starts whoever is missing; those who found all done have left. */
  async tend(): Promise<void> {
    if (!isRunning(this.coordinator)) this.coordinator = this.begin();
    const { helpers } = this.kind;
    if (helpers === undefined) return;
    await until(() => existsSync(at(this.path, "tasks.json")) || !isRunning(this.coordinator));
    this.helpers = this.helpers.filter(isRunning);
    while (this.helpers.length < helpers.count && isRunning(this.coordinator))
      this.helpers.push(start(["work", this.path, ...helpers.args()]));
  }

  async suffer(accident: Accident): Promise<void> {
    if (accident === "coordinator" || accident === "all") {
      const workers = childrenOf(this.coordinator.child);
      await killed(this.coordinator);
      if (accident === "all") await Promise.all(this.helpers.map(killed));
      // Nobody is left who works for nobody.
      await until(() => !workers.some(exists));
    } else if (accident === "worker") {
      if (this.helpers.length > 0) await killed(this.helpers[0]);
      else for (const pid of childrenOf(this.coordinator.child).slice(0, 1)) process.kill(pid, "SIGKILL");
    } else if (accident === "frozen") {
      const [{ child }] = this.helpers;
      child.kill("SIGSTOP");
      await sleep(1.5 * LEASE_MS);
      child.kill("SIGCONT");
    } else {
      await server.stop();
      if (accident === "server-away") await sleep(300);
      await server.start();
    }
  }

  /** How all ended that were not killed. */
  async end(): Promise<Finished[]> {
    await this.tend();
    return Promise.all([this.coordinator, ...this.helpers].map(({ ended }) => ended));
  }

  private begin(): Started {
    const executor = ["--executor", this.kind.executor()];
    return existsSync(at(this.path, "run.json"))
      ? start(["profile", "--resume", this.path, "-q", ...executor])
      : start(["profile", ...ALL, "-o", this.path, ...executor]);
  }
}

/** A moment: while processes start, or, as often, in the middle of a task when another is done. */
async function moment(path: string, random: RandomStream): Promise<void> {
  const before = tasksIn(path).length;
  const isEarly = random.uniform() < 0.5;
  const end = Date.now() + (isEarly ? 2 * firstTask * random.uniform() : LONGEST_MS);
  await until(() => Date.now() >= end || tasksIn(path).length > before || existsSync(at(path, "result.json")));
  await sleep(200 * random.uniform());
}

const bytesOf = (path: string) =>
  new Map(tasksIn(path).map((name) => [name, readFileSync(at(path, "tasks", name), "utf8")]));

describe.each(Object.entries(KINDS))("a run on %s", (name, kind) => {
  it.skipIf(name === "queue" && NO_QUEUE_SERVER)(
    "that is killed at random moments equals one that was not, bit for bit",
    async () => {
      const random = createRandom(SEED).split(name);
      const path = `killed-${name.replace(":", "-")}`;
      const whole = bytesOf("whole");
      const crew = new Crew(path, kind);
      const happened: string[] = [];
      for (let i = 0; i < KILLS && !existsSync(at(path, "result.json")); i++) {
        await crew.tend();
        await moment(path, random.split(`moment ${i}`));
        const before = bytesOf(path);
        const accident = kind.accidents[i % kind.accidents.length];
        await crew.suffer(accident);
        happened.push(`${accident} at ${before.size}`);
        // What was done stays done, and is what it is in a run that nobody killed.
        for (const [task, text] of before) expect(text, task).toBe(whole.get(task));
        expect(tasksIn(path)).toEqual(expect.arrayContaining([...before.keys()]));
      }
      for (const { code, err } of await crew.end()) expect(code, err).toBe(0);
      if (IS_FULL) process.stdout.write(`${name}: ${happened.length} (${happened.join(", ")})\n`);
      expect(withoutProvenance(resultIn(path))).toEqual(withoutProvenance(resultIn("whole")));
      expect(bytesOf(path)).toEqual(whole);
      expect(new Set(resultIn(path).result.checkpoints.map(({ weights }) => weights)).size).toBe(CHECKPOINTS);
    },
    PATIENCE,
  );
});

it.skipIf(NO_QUEUE_SERVER)(
  "a queue that nobody serves is said",
  async () => {
    const refused = await unserved;
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/Nothing answers at redis:\/\/127\.0\.0\.1:1/);
  },
  60_000,
);
