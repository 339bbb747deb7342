import { type HashedFile, openHashedFile } from "./open-hashed-file.ts";
import { inputError } from "../files/input-error.ts";
import { openFile, type Stamp } from "./open-file.ts";

/**
 * A file that is hashed now and opened for each read, so that thousands of them hold no descriptors. What is read is
 * what was hashed: a file that was written to or replaced in between is refused.
 *
 * @param listedAs what a list of hashes calls it
 * @throws ThalwegError `file-changed` at a later read, and what openHashedFile throws
 */
export function fileOnDemand(path: string, listedAs: string): HashedFile {
  const first = openHashedFile(path);
  const { sha256, size } = first;
  const stamp = first.stamp();
  first.close();
  const isSame = (now: Stamp) =>
    now.ino === stamp.ino && now.dev === stamp.dev && now.size === stamp.size && now.mtimeNs === stamp.mtimeNs;
  return {
    name: path,
    listedAs,
    size,
    sha256,
    read(offset, length) {
      const file = openFile(path);
      try {
        if (!isSame(file.stamp())) throw changed(path);
        return file.read(offset, length);
      } finally {
        file.close();
      }
    },
    stamp: () => stamp,
    isOutdated() {
      try {
        const file = openFile(path);
        const now = file.stamp();
        file.close();
        return !isSame(now);
      } catch {
        return true;
      }
    },
    close: () => {},
  };
}

function changed(path: string) {
  return inputError(
    "file-changed",
    `${path} was written to or replaced after it was first read.`,
    { file: path },
    "Run again when nothing is writing to its folder, or on a copy.",
  );
}
