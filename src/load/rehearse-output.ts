import { existsSync, rmdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { makeFolders } from "../io/make-folders.ts";
import { writeFileAtomically, writeFolderAtomically } from "../io/write-atomically.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/**
 * Tries whether a folder can be written, before hours are spent on what shall go there; leaves nothing behind.
 *
 * @throws what writeFolderAtomically throws
 */
export function rehearseFolder(folder: string): void {
  const created = makeFolders(dirname(resolve(folder)));
  try {
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
