import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileError } from "./file-error.ts";

/**
 * Makes a folder and those above it that are missing; returns the new ones, innermost first. After an
 * error none of them is left. One by one: Node's recursive mkdir never returns where a file system
 * answers "no such file" (/proc).
 *
 * @throws ThalwegError `no-permission`, `file-not-found`, `cannot-write`
 */
export function makeFolders(path: string): string[] {
  const made: string[] = [];
  for (const each of missing(path)) {
    try {
      mkdirSync(each);
      made.unshift(each);
    } catch (error) {
      // Another process may have made it meanwhile.
      if (existsSync(each)) continue;
      for (const ours of made) rmdirSync(ours);
      throw fileError("write", each, error);
    }
  }
  return made;
}

/** What does not exist of a path, outermost first. */
function missing(path: string): string[] {
  const parent = dirname(path);
  if (existsSync(path)) return [];
  return parent === path ? [path] : [...missing(parent), path];
}
