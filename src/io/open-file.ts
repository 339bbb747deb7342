import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "../files/byte-source.ts";
import { checkRange } from "../files/byte-source.ts";
import { inputError } from "../files/input-error.ts";
import { fileError, notAFile } from "./file-error.ts";

/** What changes when a file is written to. */
export interface Stamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** A file on disk with random access; close it when done. */
export interface FileSource extends ByteSource {
  /** What the system says of the open file now. */
  stamp(): Stamp;
  close(): void;
}

/** Without waiting: to open a pipe blocks until somebody writes to it, and no signal ends that. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file for reading.
 *
 * @throws ThalwegError `file-not-found`, `no-permission`, `not-a-file`, `cannot-read`
 */
export function openFile(path: string): FileSource {
  const descriptor = attempt(path, () => openSync(path, READ));
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) {
    closeSync(descriptor);
    throw notAFile(path, stat.isDirectory() ? "a folder" : undefined);
  }
  return {
    name: path,
    size: stat.size,
    read(offset, length) {
      checkRange(this, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const count = attempt(path, () =>
          readSync(descriptor, bytes, done, Math.min(length - done, MAX_READ), offset + done),
        );
        if (count === 0)
          throw inputError(
            "file-changed",
            `${path} became shorter while it was read.`,
            { file: path },
            "Run again when nothing is writing to it.",
          );
        done += count;
      }
      return bytes;
    },
    stamp() {
      const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(descriptor, { bigint: true });
      return { dev, ino, size: Number(size), mtimeNs, ctimeNs };
    },
    close: () => closeSync(descriptor),
  };
}

/** The operating system refuses single reads of 2 GiB. */
const MAX_READ = 1 << 30;

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fileError("read", path, error);
  }
}
