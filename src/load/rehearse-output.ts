import { existsSync, lstatSync, realpathSync, rmdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isOurFile } from "../io/is-our-file.ts";
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

interface RehearsedFile {
  /** Files that are read: none of them is written over. */
  readonly read?: readonly string[];
  /** Whether a file that somebody else wrote may be written over. */
  readonly overwrites?: boolean;
}

/**
 * Tries whether a file can be written: a new one, or one in the place of a file that we wrote.
 *
 * @throws usage errors `not-a-file`, `output-is-input`, `file-not-ours`; what writeFileAtomically throws
 */
export function rehearseFile(path: string, { read = [], overwrites = false }: RehearsedFile = {}): void {
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
  if (there !== undefined && there.size > 0 && !overwrites && !isOurFile(path)) {
    throw new ThalwegError({
      kind: "usage",
      code: "file-not-ours",
      message: `${path} is there, and thalweg did not write it.`,
      where: { file: path },
      hint: "Give another name, or write over it with --overwrite.",
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
