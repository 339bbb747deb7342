import { HEAD_BYTES, fileKind } from "../files/file-kind.ts";
import { type HashedFile, openHashedFile } from "../io/open-hashed-file.ts";
import type { OpenedFile } from "../runs/subject.ts";
import { readModel } from "./read-model.ts";
import { requireWritten } from "./require-written.ts";

/**
 * Opens a file that a run reads, with the hashes of those that it keeps weights in.
 *
 * @param limit by how much the usual limits on what a model may grow to are raised
 * @throws input error `not-weights` for a built-in network, and what openHashedFile throws
 */
export function openRead(path: string, limit?: number): OpenedFile {
  requireWritten(path);
  const source = openHashedFile(path);
  try {
    return { ...source, beside: besideOf(source, limit) };
  } catch (error) {
    source.close();
    throw error;
  }
}

function besideOf(source: HashedFile, limit: number | undefined): OpenedFile["beside"] {
  const kind = fileKind(source.read(0, Math.min(HEAD_BYTES, source.size)));
  if (kind?.name !== "ONNX") return [];
  return readModel(source.name, { limit }).externalData.map(({ name, sha256 }) => ({ path: name, sha256 }));
}
