import { EXIT, EXIT_OF_SIGNAL, type ExitCode } from "./exit-code.ts";
import type { Interruption } from "./shell.ts";

/**
 * Signals as requests to end: the first one lets the run write what it has, the second one stops it. Before there is anything to
 * write, and from the third one on, they do what they do to any process, which needs no turn of the event loop: a run that reads a
 * large model or computes for long ends at once, too.
 */
export function interruptionBySignals(): Interruption {
  const asked = new AbortController();
  const insisted = new AbortController();
  let signalled: ExitCode = EXIT.interrupted;
  let listens = false;
  const heard = Object.entries(EXIT_OF_SIGNAL).map(([signal, exitCode]) => {
    const hear = () => {
      if (asked.signal.aborted) {
        insisted.abort();
        for (const each of heard) process.off(each.signal, each.hear);
        return;
      }
      signalled = exitCode;
      asked.abort();
      process.stderr.write("\nStopping with what there is; once more stops at once.\n");
    };
    return { signal, hear };
  });
  return {
    asked: asked.signal,
    insisted: insisted.signal,
    exitCode: () => signalled,
    listen() {
      if (listens) return;
      listens = true;
      for (const { signal, hear } of heard) process.on(signal, hear);
    },
  };
}
