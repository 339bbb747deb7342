import { setFlagsFromString } from "node:v8";

/** Bytes of bytecode that a function runs before V8 compiles it with all optimisations; of itself V8 waits for 135 000 or less. */
const BUDGET = 400_000;
/** Whether V8 has the flag was looked up to here; it complains of one that it does not know. */
const KNOWN_TO = 13;

/**
 * Has V8 compile a function with all optimisations when it has run three times as long as usual: in a run of seconds most are
 * done by then. Of 7.3 s of CPU time that `thalweg profile` took of two cores, 0.7 went into code that was hardly run. No
 * number depends on it.
 */
export function optimizeLate(): void {
  const [major] = process.versions.v8.split(".");
  if (Number(major) <= KNOWN_TO) setFlagsFromString(`--interrupt-budget=${BUDGET}`);
}
