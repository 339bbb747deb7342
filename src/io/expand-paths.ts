import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { inputError } from "../files/input-error.ts";
import { matchesGlob } from "../util/glob.ts";
import { compareNatural } from "../util/natural-order.ts";
import { fileError } from "./file-error.ts";

/** Whether paths with wildcards were given, or several: what stands for a list also where it is of one. */
export function standsForSeveral(patterns: readonly string[]): boolean {
  return patterns.length > 1 || patterns.some(isPattern);
}

/**
 * The files that paths with wildcards stand for: `*` for any characters of a name, `?` for one. Those of one pattern come
 * in natural order (`step-9` before `step-10`), the patterns as they were given, every file once. A name that is there
 * as it stands is no pattern.
 *
 * @throws ThalwegError `file-not-found` where a pattern fits nothing
 */
export function expandPaths(patterns: readonly string[]): string[] {
  return [...new Set(pathsNamed(patterns))];
}

/** The same with a file as often as it was named. */
export function pathsNamed(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => {
    if (!isPattern(pattern)) return [pattern];
    const isAbsolute = pattern.startsWith("/");
    const [first, ...rest] = pattern.split("/").filter((part, i) => part !== "" || i === 0);
    const start = isAbsolute ? ["/"] : partsOf("", first);
    const paths = rest.reduce((folders, part) => folders.flatMap((folder) => partsOf(folder, part)), start);
    if (paths.length > 0) return paths.toSorted(compareNatural);
    throw inputError(
      "file-not-found",
      `No file fits ${pattern}.`,
      { file: pattern },
      "Put the pattern into quotes, so that it arrives as it was typed, and check the folder.",
    );
  });
}

function isPattern(path: string): boolean {
  return /[*?]/.test(path) && !existsSync(path);
}

/** What a part of a path stands for in a folder; hidden names only where it begins with a dot itself. */
function partsOf(folder: string, part: string): string[] {
  if (!/[*?]/.test(part)) {
    const path = join(folder, part);
    return existsSync(path) ? [path] : [];
  }
  const place = folder === "" ? "." : folder;
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return namesIn(place)
    .filter((name) => matchesGlob(name, part) && (!name.startsWith(".") || part.startsWith(".")))
    .map((name) => join(folder, name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw fileError("read", folder, error);
  }
}
