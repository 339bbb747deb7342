import { fileError } from "../io/file-error.ts";

/** What became of the streams of the process. */
export interface GuardedStreams {
  /** Whether results were lost on stdout for another reason than that its reader went away. */
  outputLost(): boolean;
}

/**
 * A stream that cannot be written ends no run and changes no exit code: what is measured goes to files,
 * and whoever closed a stream (`thalweg … | head`, `2>&1 >/dev/null | true`) does not want it. Only where
 * stdout is refused for another reason (a full disk) is its loss told, on stderr.
 */
export function guardStreams(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): GuardedStreams {
  let lost = false;
  stderr.on("error", () => undefined);
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || lost) return;
    lost = true;
    const { message, hint } = fileError("write", "The standard output", error);
    stderr.write(`error: ${message}\n  ${hint}\n`);
  });
  return { outputLost: () => lost };
}
