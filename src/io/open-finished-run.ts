import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readNpz } from "../files/npz.ts";
import type { LazyArray } from "../files/lazy-array.ts";
import { openHashedFile } from "./open-hashed-file.ts";
import { openResult, type ResultOnDisk } from "./open-result.ts";

/** The name of the big arrays in the folder of a run. */
const ARRAYS_FILE = "arrays.npz";

/** A result with the big arrays beside it. */
export interface RunOnDisk extends Pick<ResultOnDisk, "path" | "document"> {
  /** By name; empty where the run left none. */
  readonly arrays: ReadonlyMap<string, LazyArray>;
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  close(): void;
}

/**
 * Reads a finished run: its folder, or its result.json with the arrays beside it.
 *
 * @throws what openResult, openHashedFile and readNpz throw
 */
export function openFinishedRun(run: string): RunOnDisk {
  const { path, file, sha256, document } = openResult(run);
  const arraysFile = join(dirname(file), ARRAYS_FILE);
  const result = { path: file, sha256 };
  if (!existsSync(arraysFile)) return { path, document, arrays: new Map(), inputs: [result], close: () => undefined };
  const source = openHashedFile(arraysFile);
  try {
    const inputs = [result, { path: arraysFile, sha256: source.sha256 }];
    return { path, document, arrays: readNpz(source), inputs, close: () => source.close() };
  } catch (error) {
    source.close();
    throw error;
  }
}
