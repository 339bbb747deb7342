import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { inputError } from "../files/input-error.ts";
import { decodeResult, type ResultDocument } from "../documents/result-kinds.ts";
import { openHashedFile } from "./open-hashed-file.ts";
import { RUN_FILE } from "./run-folder.ts";

/** The name of the result in the folder of a run. */
const RESULT_FILE = "result.json";

/** A result as it lies on disk. */
export interface ResultOnDisk {
  readonly path: string;
  /** The file that it was read from. */
  readonly file: string;
  /** Of the file. */
  readonly sha256: string;
  readonly document: ResultDocument;
}

/**
 * Reads a result: the folder of a run, or a result.json of any name.
 *
 * @throws ThalwegError `not-a-run`, and those of openHashedFile and decodeResult
 */
export function openResult(path: string): ResultOnDisk {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? join(path, RESULT_FILE) : path;
  if (isFolder && !existsSync(file) && existsSync(join(path, RUN_FILE))) {
    throw inputError(
      "run-unfinished",
      `The run in ${path} is not finished: it has no ${RESULT_FILE} yet.`,
      { file: path },
      `Continue it with --resume ${path}.`,
    );
  }
  if (isFolder && !existsSync(file)) {
    throw inputError(
      "not-a-run",
      `${path} is a folder without ${RESULT_FILE}, so it is not that of a run.`,
      { file: path },
      "Give the folder that a run has written (thalweg-runs/…, or that of -o), or a result.json.",
    );
  }
  const source = openHashedFile(file);
  try {
    const text = new TextDecoder().decode(source.read(0, source.size));
    return { path, file, sha256: source.sha256, document: decodeResult(text, file) };
  } finally {
    source.close();
  }
}
