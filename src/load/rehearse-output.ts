import { existsSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileError } from "../io/file-error.ts";
import { writeFileAtomically, writeFolderAtomically } from "../io/write-atomically.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/**
 * Tries whether a folder can be written, before hours are spent on what shall go there; leaves nothing behind.
 *
 * @throws what writeFolderAtomically throws
 */
export function rehearseFolder(folder: string): void {
  const created: string[] = [];
  try {
    // One by one: a recursive mkdir never returns where the file system answers "no such file" (/proc).
    for (const each of missingAncestors(resolve(folder)).reverse()) {
      makeFolder(each);
      created.unshift(each);
    }
    rehearse((content) => writeFolderAtomically(folder, content(["rehearsal", ""])));
  } finally {
    for (const each of created) rmdirSync(each);
  }
}

/** Tries whether a file can be written. */
export function rehearseFile(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new ThalwegError({
      kind: "usage",
      code: "not-a-file",
      message: `${path} is a folder, where a file shall be written.`,
      where: { file: path },
      hint: "Give the name of a file.",
    });
  }
  rehearse((content) => writeFileAtomically(path, content(new Uint8Array(0))));
}

/** Hands out content that breaks off when it is asked for. */
function rehearse(write: (content: <T>(type: T) => Iterable<T>) => void): void {
  const curtain = new Error("rehearsal");
  try {
    write((type) => ({
      [Symbol.iterator]: () => ({
        next: (): IteratorResult<typeof type> => {
          throw curtain;
        },
      }),
    }));
  } catch (error) {
    if (error !== curtain) throw error;
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/** Parents of a path that do not exist, innermost first. */
function missingAncestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? [] : [parent, ...missingAncestors(parent)];
}
