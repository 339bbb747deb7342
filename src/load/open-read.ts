import { HEAD_BYTES, fileKind } from "../files/file-kind.ts";
import { type HashedFile, openHashedFile } from "../io/open-hashed-file.ts";
import type { OpenedFile } from "../runs/subject.ts";
import { readModel } from "./read-model.ts";

/** Opens a file that a run reads, with the hashes of those that it keeps weights in. */
export function openRead(path: string): OpenedFile {
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
