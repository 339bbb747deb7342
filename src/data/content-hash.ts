import { type ByteSource, chunksOf } from "../files/byte-source.ts";
import type { IncrementalHash } from "../files/sha256.ts";

/** SHA-256 of one source's bytes, or of the lines that `sha256sum` prints for several, by base name. */
export function contentHash(sources: readonly ByteSource[], createHash: () => IncrementalHash): string {
  const hashes = sources.map((source) => {
    const hash = createHash();
    for (const chunk of chunksOf(source)) hash.update(chunk);
    return hash.digest("hex");
  });
  if (hashes.length === 1) return hashes[0];
  const lines = sources.map((source, i) => `${hashes[i]}  ${source.name.replace(/^.*[/\\]/, "")}\n`);
  const hash = createHash();
  hash.update(new TextEncoder().encode(lines.join("")));
  return hash.digest("hex");
}
