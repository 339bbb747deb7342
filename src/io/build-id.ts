import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "./version.ts";

/** Characters of the hash: enough that two builds do not meet by accident. */
const LENGTH = 12;

/**
 * Which build this is: its version, and a hash of its own files and of what it depends on. Two builds of one version may
 * compute differently.
 *
 * @example
 * buildId(); // "0.1.0 (3f9c01d2ab47)"
 */
export function buildId(): string {
  const hash = createHash("sha256");
  const root = fileURLToPath(new URL("..", import.meta.url));
  const kind = extname(import.meta.url);
  const files = readdirSync(root, { recursive: true })
    .map(String)
    .filter((name) => extname(name) === kind)
    .toSorted();
  for (const name of [...files, join("..", "package.json")]) {
    const bytes = readFileSync(join(root, name));
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return `${version()} (${hash.digest("hex").slice(0, LENGTH)})`;
}
