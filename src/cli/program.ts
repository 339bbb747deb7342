import { collectSeldom } from "./collect-seldom.ts";
import { EXIT } from "./exit-code.ts";
import { guardStreams } from "./guard-streams.ts";
import { interruptionBySignals } from "./interruption-by-signals.ts";
import { optimizeLate } from "./optimize-late.ts";
import { runCli, strandedError } from "./run-cli.ts";
import { processTerminal } from "./terminal.ts";

optimizeLate();
collectSeldom();

const interruption = interruptionBySignals();

// A worker whose run has gone ends with it: what it is at will be done by whoever continues the run.
if (process.send !== undefined) {
  const leave = () => process.exit(EXIT.terminated);
  // It may have gone while this process was loading.
  if (!process.connected) leave();
  process.once("disconnect", leave);
  process.channel?.unref();
}

const streams = guardStreams(process.stdout, process.stderr);
// The event loop ran empty while the run still waits: without this, Node would leave with code 13 and no word.
const stranded = new Promise<never>((_, reject) => {
  process.once("beforeExit", () => reject(strandedError()));
});
stranded.catch(() => undefined);

// No await here: what is bundled is a script, of which V8 keeps the compiled code (`scripts/bundle-program.mjs`).
void runCli(process.argv.slice(2), processTerminal(), interruption, stranded).then((exitCode) => {
  process.exitCode = exitCode;
  // What stdout did not take is known after the last write only.
  process.on("exit", () => {
    if (exitCode === EXIT.done && streams.outputLost()) process.exitCode = EXIT.input;
  });
});
