import { type ByteSource, chunksOf } from "../files/byte-source.ts";
import type { IncrementalHash } from "../files/sha256.ts";

/** A file by name, with the SHA-256 of its bytes. */
export interface FileHash {
  readonly name: string;
  /** What a list of hashes calls it; its base name where it is not given. */
  readonly listedAs?: string;
  readonly sha256: string;
}

/** SHA-256 of one source's bytes, or of the lines that `sha256sum` prints for several, by base name. */
export function contentHash(sources: readonly ByteSource[], createHash: () => IncrementalHash): string {
  return jointHash(
    sources.map((source) => ({
      name: source.name,
      listedAs: source.listedAs,
      sha256: source.sha256 ?? hashOf(source, createHash()),
    })),
    createHash,
  );
}

/** The hash of one file, or that of the lines that `sha256sum` prints for several, by base name. */
export function jointHash(files: readonly FileHash[], createHash: () => IncrementalHash): string {
  if (files.length === 1) return files[0].sha256;
  const lines = files.map(({ name, listedAs, sha256 }) => `${sha256}  ${listedAs ?? name.replace(/^.*[/\\]/, "")}\n`);
  const hash = createHash();
  hash.update(new TextEncoder().encode(lines.join("")));
  return hash.digest("hex");
}

function hashOf(source: ByteSource, hash: IncrementalHash): string {
  for (const chunk of chunksOf(source)) hash.update(chunk);
  return hash.digest("hex");
}
