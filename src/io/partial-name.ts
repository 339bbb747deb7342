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

/** The target that a partial name was made for; undefined for other names. */
export function targetOfPartial(path: string): string | undefined {
  const name = basename(path);
  const target = PARTIAL.exec(name)?.groups?.target;
  return target === undefined ? undefined : path.slice(0, path.length - name.length) + target;
}

const PARTIAL = /^\.(?<target>.+)\.(?<machine>[0-9a-f]{8})-(?<pid>\d+)-\d+\.partial$/;

/** Whether a process of this machine left it half-written and is gone. */
export function isAbandoned(path: string): boolean {
  const { machine, pid } = PARTIAL.exec(basename(path))?.groups ?? {};
  return machine === MACHINE && !isAlive(Number(pid));
}

/** Removes what processes of this machine left half-written for a target when they were killed. */
export function removeAbandoned(target: string): void {
  const folder = dirname(target);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (targetOfPartial(path) === join(folder, basename(target)) && isAbandoned(path))
      rmSync(path, { recursive: true, force: true });
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
