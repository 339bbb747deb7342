import { runCli } from "../../src/cli/run-cli.ts";
import type { Finished } from "./spawn-node.ts";

/** Runs the command line in this process, in that folder: what a process takes to start is saved. One at a time. */
export async function runHere(args: readonly string[], cwd: string): Promise<Omit<Finished, "signal">> {
  const streams = { out: "", err: "" };
  const { signal } = new AbortController();
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const code = await runCli(
      args,
      {
        out: (text) => (streams.out += text),
        err: (text) => (streams.err += text),
        live: false,
        columns: 80,
        outColors: false,
        errColors: false,
      },
      { asked: signal, insisted: signal, exitCode: () => 130, listen: () => undefined },
    );
    return { code, ...streams };
  } finally {
    process.chdir(before);
  }
}
