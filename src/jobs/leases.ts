import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { fileError } from "../io/file-error.ts";
import { requireInside, writeInside } from "../io/inside-run-folder.ts";
import { makeFolders } from "../io/make-folders.ts";
import { readIfThere } from "../io/read-if-there.ts";
import { LEASES } from "../io/run-folder.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { messageOf } from "../util/message-of.ts";

const leaseFile = z.object({ worker: z.string(), beat: z.number() });

const failureFile = z.object({
  kind: z.enum(["usage", "input", "check", "internal"]),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});

/** A task that is ours until it is given back, or until we are believed dead. */
export interface Lease {
  /** Says that we live. */
  renew(): void;
  release(): void;
}

/** Who is at which task in the folder of a run. */
export interface Leases {
  /** Takes a task that nobody is at; undefined where somebody is. */
  claim(hash: string): Lease | undefined;
  /** Gives back all that a worker holds which is known to be dead. */
  releaseAllOf(worker: string): void;
  /** Notes that a task cannot be done, so that nobody tries it again in this run. */
  fail(hash: string, error: unknown): void;
  failure(hash: string): ThalwegError | undefined;
  /** Forgets failures: a run that is continued tries again. */
  forgive(): void;
}

export interface LeaseOptions {
  /** Unique among all that work on the run. */
  readonly worker: string;
  /** Milliseconds after which a lease counts as left behind that was not renewed. */
  readonly lasts: number;
  /** Milliseconds, never set back. */
  readonly clock: () => number;
}

/**
 * The leases in the folder of a run. Two clocks are never compared: a lease has expired when whoever looks at it has seen
 * it unchanged for as long as a lease lasts.
 */
export function openLeases(run: string, { worker, lasts, clock }: LeaseOptions): Leases {
  const folder = join(run, LEASES);
  requireInside(run, LEASES, "folder");
  makeFolders(folder);
  const place = (hash: string) => join(folder, `${hash}.lease`);
  const failed = (hash: string) => join(folder, `${hash}.failed`);
  const nameIn = (hash: string, kind: "lease" | "failed") => `${LEASES}/${hash}.${kind}`;
  const seen = new Map<string, { readonly text: string; readonly since: number }>();
  let claims = 0;

  /** Whether the lease that somebody holds has been seen to stand still. */
  function hasExpired(hash: string): boolean {
    const text = readIfThere(place(hash));
    if (text === undefined) return false;
    const known = seen.get(hash);
    if (known?.text === text) return clock() - known.since >= lasts;
    seen.set(hash, { text, since: clock() });
    return false;
  }

  /** Takes away a lease that has expired; of several that try, one succeeds. */
  function takeAway(hash: string): void {
    const expired = seen.get(hash)?.text;
    const aside = `${place(hash)}.${worker}.${++claims}`;
    try {
      renameSync(place(hash), aside);
    } catch (error) {
      if (isCode(error, "ENOENT")) return;
      throw fileError("write", place(hash), error);
    }
    // Somebody was faster, and what was taken away is alive: it is done twice, which changes nothing.
    if (readIfThere(aside) === expired) seen.delete(hash);
    rmSync(aside, { force: true });
  }

  return {
    claim(hash) {
      if (hasExpired(hash)) takeAway(hash);
      let beat = 0;
      const text = () => JSON.stringify({ worker, beat: beat++ });
      try {
        writeInside(run, nameIn(hash, "lease"), text(), "new");
      } catch (error) {
        if (isCode(error, "EEXIST")) return undefined;
        throw fileError("write", place(hash), error);
      }
      const isOurs = () => parsed(readIfThere(place(hash)))?.worker === worker;
      return {
        renew: () => {
          if (isOurs()) writeInside(run, nameIn(hash, "lease"), text(), "replace");
        },
        release: () => {
          if (isOurs()) rmSync(place(hash), { force: true });
        },
      };
    },
    releaseAllOf(dead) {
      for (const name of readdirSync(folder)) {
        if (!name.endsWith(".lease")) continue;
        if (parsed(readIfThere(join(folder, name)))?.worker === dead) rmSync(join(folder, name), { force: true });
      }
    },
    fail(hash, error) {
      const { kind, code, message, hint } = asFailure(error);
      try {
        writeInside(run, nameIn(hash, "failed"), JSON.stringify({ kind, code, message, hint }), "replace");
      } catch {
        // A full disk may be the failure: whoever tries the task next meets it, too.
      }
    },
    failure(hash) {
      const failure = failureFile.safeParse(jsonOf(readIfThere(failed(hash))));
      return failure.success ? new ThalwegError(failure.data) : undefined;
    },
    forgive() {
      for (const name of readdirSync(folder)) if (name.endsWith(".failed")) rmSync(join(folder, name), { force: true });
    },
  };
}

function asFailure(error: unknown): ThalwegError {
  if (error instanceof ThalwegError) return error;
  const message = messageOf(error);
  return new ThalwegError({ kind: "internal", code: "unexpected", message });
}

/** A file that is being written may be read empty: it says nothing then. */
function parsed(text: string | undefined): z.output<typeof leaseFile> | undefined {
  return leaseFile.safeParse(jsonOf(text)).data;
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
