import { existsSync, lstatSync, realpathSync, rmdirSync } from "node:fs";
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

/**
 * Tries whether a file can be written: a new one, or one in the place of a regular file.
 *
 * @param read files that are read: none of them is written over
 * @throws usage errors `not-a-file`, `output-is-input`; what writeFileAtomically throws
 */
export function rehearseFile(path: string, read: readonly string[] = []): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) {
    const what = there.isDirectory() ? "a folder" : there.isSymbolicLink() ? "a link" : "no regular file";
    throw new ThalwegError({
      kind: "usage",
      code: "not-a-file",
      message: `${path} is ${what}, where a file shall be written.`,
      where: { file: path },
      hint: "Give the name of a file.",
    });
  }
  const own = there && read.find((each) => existsSync(each) && realpathSync(each) === realpathSync(path));
  if (own !== undefined) {
    throw new ThalwegError({
      kind: "usage",
      code: "output-is-input",
      message: `${path} is what the run reads, so it is not written over.`,
      where: { file: path },
      hint: "Give another name.",
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
