import { createHash } from "node:crypto";
import { chunksOf } from "../files/byte-source.ts";
import { openFile } from "./open-file.ts";

/** The SHA-256 of a file in hexadecimal, as `sha256sum` prints it. Memory: 1 MiB. */
export function sha256File(path: string): string {
  const source = openFile(path);
  try {
    const hash = createHash("sha256");
    for (const chunk of chunksOf(source)) hash.update(chunk);
    return hash.digest("hex");
  } finally {
    source.close();
  }
}
