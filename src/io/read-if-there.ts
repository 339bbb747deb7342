import { readFileSync, statSync } from "node:fs";
import { fileError, notAFile } from "./file-error.ts";

/**
 * The text of a file; undefined where there is none. Whoever waits looks for the files of all open tasks again and again: that
 * one is not there yet is no error, which would cost many times as much.
 *
 * @throws ThalwegError of `fileError` for a file that is there and cannot be read
 */
export function readIfThere(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    // A pipe would be waited for.
    if (!stat.isFile() && !stat.isDirectory()) throw notAFile(path);
    return readFileSync(path, "utf8");
  } catch (error) {
    // It may have gone meanwhile.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw fileError("read", path, error);
  }
}
