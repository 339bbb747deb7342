#!/usr/bin/env node
import { EXIT, EXIT_OF_SIGNAL, type ExitCode } from "./exit-code.ts";
import { runCli } from "./run-cli.ts";
import { processTerminal } from "./terminal.ts";

const asked = new AbortController();
const insisted = new AbortController();
let signalled: ExitCode = EXIT.interrupted;
for (const [signal, exitCode] of Object.entries(EXIT_OF_SIGNAL)) {
  process.on(signal, () => {
    // The first one lets the run write what it has, the second one stops it, the third one means it.
    if (insisted.signal.aborted) process.exit(exitCode);
    if (asked.signal.aborted) {
      insisted.abort();
      return;
    }
    signalled = exitCode;
    asked.abort();
    process.stderr.write("\nStopping with what there is; once more stops at once.\n");
  });
}
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader went away (`thalweg … | head`): nobody is left to tell.
  process.exit(error.code === "EPIPE" ? EXIT.done : EXIT.fault);
});

process.exitCode = await runCli(process.argv.slice(2), processTerminal(), {
  asked: asked.signal,
  insisted: insisted.signal,
  exitCode: () => signalled,
});
