import { createHash } from "node:crypto";
import { existsSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/** A hidden name beside the target, on the same disk, that no other process or call uses; it tells whose it is. */
export function partialName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${MACHINE}-${process.pid}-${process.hrtime.bigint()}.partial`);
}

/** Where processes have numbers of their own: a machine, or a container on it. */
const MACHINE = createHash("sha256").update(`${hostname()}|${processNamespace()}`).digest("hex").slice(0, 8);

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    // Other systems have one for all.
    return "";
  }
}

/** Removes what processes of this machine left half-written for a target when they were killed. */
export function removeAbandoned(target: string): void {
  const folder = dirname(target);
  if (!existsSync(folder)) return;
  const begin = `.${basename(target)}.${MACHINE}-`;
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(begin) || !name.endsWith(".partial")) continue;
    const process = /^(\d+)-\d+\.partial$/.exec(name.slice(begin.length))?.[1];
    if (process !== undefined && !isAlive(Number(process)))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be asked, and is there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
