import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";

const PROGRAM = ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0);

/** On a machine of ours the server is there; elsewhere its tests are left out. */
export const NO_QUEUE_SERVER = PROGRAM === undefined && process.env["CI"] === undefined;

/** A Redis or Valkey server on a free port of this machine, which keeps nothing on disk: started again it has forgotten all. */
export interface QueueServer {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function queueServer(): Promise<QueueServer> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  const port = typeof address === "object" && address ? address.port : 0;
  probe.close();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  let server: ChildProcess | undefined;

  async function answers(): Promise<boolean> {
    const socket = connect(port, "127.0.0.1");
    try {
      return await Promise.race([
        once(socket, "connect").then(() => true),
        once(socket, "error").then(() => false),
      ]).catch(() => false);
    } finally {
      socket.destroy();
    }
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const begun = spawn(PROGRAM ?? "redis-server", settings, { stdio: "ignore" });
      server = begun;
      while (!(await answers())) {
        if (begun.exitCode !== null)
          throw new Error(`The queue server ended with ${begun.exitCode}: is port ${port} taken?`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async stop() {
      if (!server) return;
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
      server = undefined;
    },
  };
}
