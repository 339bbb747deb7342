import { inputNameOf } from "../graph/leaf.ts";
import type { Value } from "../graph/value.ts";

const PREFIX = "file:";

/**
 * The name under which something that the file names is fed to graphs of ours. No name of ours begins so,
 * and the engine's own limits (a name ends at NUL, `__proto__` is no key) are met whatever the file says.
 *
 * @example
 * fedName("w"); // 'file:"w"'
 */
export function fedName(name: string): string {
  return PREFIX + JSON.stringify(name);
}

/** The name in the file of something that is fed; undefined for what we feed ourselves. */
export function nameInFile(fed: string): string | undefined {
  if (!fed.startsWith(PREFIX)) return undefined;
  const name: unknown = JSON.parse(fed.slice(PREFIX.length));
  return typeof name === "string" ? name : undefined;
}

/** What the file calls an input or parameter of a graph; the name that it is fed under where we feed it ourselves. */
export function fileNameOf(value: Value): string | undefined {
  const fed = inputNameOf(value);
  return fed === undefined ? undefined : (nameInFile(fed) ?? fed);
}
