import { HEAD_BYTES, fileKind } from "../files/file-kind.ts";
import { type HashedFile, openHashedFile } from "../io/open-hashed-file.ts";
import type { OpenedFile } from "../runs/subject.ts";
import { readModel } from "./read-model.ts";
import { requireWritten } from "./require-written.ts";

/**
 * Opens a file that a run reads, with the hashes of those that it keeps weights in.
 *
 * @throws input error `not-weights` for a built-in network, and what openHashedFile throws
 */
export function openRead(path: string): OpenedFile {
  requireWritten(path);
  const source = openHashedFile(path);
  try {
    return { ...source, beside: besideOf(source) };
  } catch (error) {
    source.close();
    throw error;
  }
}

function besideOf(source: HashedFile): OpenedFile["beside"] {
  const kind = fileKind(source.read(0, Math.min(HEAD_BYTES, source.size)));
  if (kind?.name !== "ONNX") return [];
  return readModel(source.name).externalData.map(({ name, sha256 }) => ({ path: name, sha256 }));
}
