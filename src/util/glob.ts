/**
 * Whether a name fits a pattern: `*` stands for any characters, dots and slashes included, `?` for one.
 *
 * @example
 * matchesGlob("layer1.0.weight", "layer1.*"); // true
 */
export function matchesGlob(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(name);
}
