import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL, checkpointRuns, withoutProvenance } from "./support/checkpoint-runs.ts";

const { at, run, resultIn, leasesOf, tasksIn } = checkpointRuns([0, 1, 2, 3, 4, 5]);

const SERVER = ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0);

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
};

// On a machine of ours the server is there; elsewhere its tests are left out.
describe.skipIf(SERVER === undefined && process.env["CI"] === undefined)("a queue", () => {
  let port = 0;
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const settings = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    server = spawn(SERVER ?? "redis-server", ["--port", String(port), ...settings], { stdio: "ignore" });
    for (let isUp = false; !isUp;) {
      const socket = connect(port, "127.0.0.1");
      isUp = await Promise.race([
        once(socket, "connect").then(() => true),
        once(socket, "error").then(() => false),
      ]).catch(() => false);
      socket.destroy();
      if (!isUp) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function stop(): Promise<void> {
    if (!server) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
    server = undefined;
  }

  beforeAll(async () => {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const address = probe.address();
    port = typeof address === "object" && address ? address.port : 0;
    probe.close();
    await start();
  });
  afterAll(stop);

  it("hands out tasks; workers that are killed and a server that forgets everything lose none", async () => {
    const queue = `redis://127.0.0.1:${port}`;
    const whole = await run(["profile", ...ALL, "-o", "whole"]);
    expect(whole.code, whole.err).toBe(0);
    const waiting = run(["profile", ...ALL, "-o", "queued", "--executor", `queue:${queue}`]);
    await until(() => existsSync(at("queued", "leases")));
    const work = ["work", "queued", "--queue", queue, "--lease", "1s", "-q"];
    const killed = run([...work, "--name", "killed"], (child) => {
      void until(() => tasksIn("queued").length > 0 && leasesOf("queued").some((text) => text.includes("killed"))).then(
        () => child.kill("SIGKILL"),
      );
    });
    expect((await killed).code).toBeNull();
    const before = tasksIn("queued").length;
    expect(before).toBeLessThan(6);
    const worker = run(work);
    await until(() => tasksIn("queued").length > before);
    await stop();
    await start();
    expect((await worker).code).toBe(0);
    expect((await waiting).code).toBe(0);
    expect(withoutProvenance(resultIn("queued"))).toEqual(withoutProvenance(resultIn("whole")));
    expect(tasksIn("queued")).toEqual(tasksIn("whole"));
  }, 240_000);

  it("that nobody serves is said", async () => {
    const refused = await run(["profile", ...ALL, "-o", "nowhere", "--executor", "queue:redis://127.0.0.1:1"]);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/Nothing answers at redis:\/\/127\.0\.0\.1:1/);
  }, 60_000);
});
