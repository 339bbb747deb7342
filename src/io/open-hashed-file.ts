import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { chunksOf } from "../files/byte-source.ts";
import { inputError } from "../files/input-error.ts";
import { type FileSource, openFile, type Stamp } from "./open-file.ts";

/** A file whose bytes are those of its hash: what is read is what was hashed when it was opened. */
export interface HashedFile extends FileSource {
  /** SHA-256 in hexadecimal, as `sha256sum` prints it. */
  readonly sha256: string;
  /** Whether the path no longer leads to what was opened: it was written to, replaced or removed. */
  isOutdated(): boolean;
}

/**
 * Opens a file and hashes it. Every read makes sure that nobody has written to it since: it may be replaced
 * by another under its name, which leaves the bytes that are open as they are. Memory: 1 MiB.
 *
 * @throws ThalwegError `file-changed` when it is written to, now or at a later read, and what openFile throws
 */
export function openHashedFile(path: string): HashedFile {
  const source = openFile(path);
  try {
    let stamp = source.stamp();
    const sha256 = hashOf(source);
    if (!isEqual(stamp, source.stamp())) throw changed(path);
    return {
      ...source,
      sha256,
      read(offset, length) {
        const bytes = source.read(offset, length);
        const now = source.stamp();
        if (isEqual(stamp, now)) return bytes;
        // Another name, owner or time without other bytes is no change.
        if (now.size !== stamp.size || hashOf(source) !== sha256 || !isEqual(now, source.stamp())) throw changed(path);
        stamp = now;
        return source.read(offset, length);
      },
      isOutdated() {
        const now = statSync(path, { bigint: true, throwIfNoEntry: false });
        return (
          now?.ino !== stamp.ino ||
          now.dev !== stamp.dev ||
          Number(now.size) !== stamp.size ||
          now.mtimeNs !== stamp.mtimeNs
        );
      },
    };
  } catch (error) {
    source.close();
    throw error;
  }
}

function hashOf(source: FileSource): string {
  const hash = createHash("sha256");
  for (const chunk of chunksOf(source)) hash.update(chunk);
  return hash.digest("hex");
}

function isEqual(a: Stamp, b: Stamp): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

function changed(path: string) {
  return inputError(
    "file-changed",
    `${path} was written to while it was read.`,
    { file: path },
    "Run again when nothing is writing to it, or on a copy.",
  );
}
