import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { fixture } from "./command-line.ts";
import { runHere } from "./run-here.ts";

const request = z.object({ cwd: z.string(), args: z.array(z.string()) });

/** Answers command lines of other programs from this process, one after the other. */
export interface CommandServer {
  /** A command line that stands for `thalweg`: it costs the start of a bare Python, not that of the program. */
  command(python: string): string;
  close(): void;
}

export async function commandServer(): Promise<CommandServer> {
  const folder = mkdtempSync(join(tmpdir(), "thalweg-served-"));
  const path = join(folder, "socket");
  let last: Promise<unknown> = Promise.resolve();

  async function answer(socket: Socket, asked: string): Promise<void> {
    const { cwd, args } = request.parse(JSON.parse(asked));
    const run = last.then(() => runHere(args, cwd));
    last = run.catch(() => undefined);
    socket.end(JSON.stringify(await run));
  }

  // Whoever asks ends its side first.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let asked = "";
    socket.setEncoding("utf8").on("data", (text: string) => (asked += text));
    // What goes wrong is seen by whoever asked, who has no answer.
    socket.on("end", () => void answer(socket, asked).catch(() => socket.destroy()));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    command: (python) => [python, "-ISE", fixture("python/served_thalweg.py"), path].join(" "),
    close() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
